"""Damages good files: flipped bits, cut ends, lengths that lie, parts that are doubled, moved or missing."""

import random
from collections.abc import Callable, Iterator, Mapping

Mutation = Callable[[bytearray, random.Random], None]

#: What a reader that trusts a length or a size stumbles over.
EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
#: Where headers stand.
HEAD_BYTES = 400


def mutants(good: Mapping[str, bytes], seed: int, each: int) -> Iterator[tuple[str, bytes]]:
    """Give `each` damaged copies of every file, by name; the same ones for the same seed."""
    for name, data in good.items():
        stem, _, ending = name.rpartition(".")
        for number in range(each):
            chance = random.Random(f"{seed}/{name}/{number}")
            mutate = chance.choice(MUTATIONS)
            damaged = bytearray(data)
            for _ in range(chance.choice((1, 1, 2, 5))):
                mutate(damaged, chance)
            yield f"{stem}-{number:02d}-{mutate.__name__}.{ending}", bytes(damaged)


def flip_bits(data: bytearray, chance: random.Random) -> None:
    """Flip some bits anywhere."""
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_head(data: bytearray, chance: random.Random) -> None:
    """Set bytes of the header, behind the magic number."""
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(8, min(len(data), HEAD_BYTES))] = chance.randrange(256)


def cut(data: bytearray, chance: random.Random) -> None:
    """Cut the end off."""
    del data[chance.randrange(12, len(data)) :]


def lie(data: bytearray, chance: random.Random) -> None:
    """Write an extreme number where a length or a size may stand."""
    width, order = chance.choice((2, 4)), chance.choice(("big", "little"))
    number = chance.choice(EXTREMES) & ((1 << 8 * width) - 1)
    at = chance.randrange(4, max(5, min(len(data), HEAD_BYTES * 4) - width))
    data[at : at + width] = number.to_bytes(width, "big" if order == "big" else "little")


def enlarge_numbers(data: bytearray, chance: random.Random) -> None:
    """Replace a run of printed digits: PDF writes its numbers so."""
    places = [at for at in range(8, len(data)) if 48 <= data[at] <= 57]
    if places:
        at = chance.choice(places)
        data[at : at + 1] = chance.choice((b"0", b"-1", b"99999", b"4294967296", b"9" * 30))


def double(data: bytearray, chance: random.Random) -> None:
    """Repeat a part, up to a thousand times."""
    start, end = _part(data, chance)
    times = max(1, min(chance.choice((1, 10, 1000)), (1 << 20) // (end - start)))
    data[end:end] = bytes(data[start:end]) * times


def drop(data: bytearray, chance: random.Random) -> None:
    """Take a part out."""
    start, end = _part(data, chance)
    del data[start:end]


def swap(data: bytearray, chance: random.Random) -> None:
    """Move a part to another place."""
    start, end = _part(data, chance)
    part = data[start:end]
    del data[start:end]
    at = chance.randrange(8, len(data) + 1)
    data[at:at] = part


def _part(data: bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(8, max(9, len(data) - 1))
    return start, min(len(data), start + chance.randint(1, 300)) if start < len(data) else start + 1


MUTATIONS: tuple[Mutation, ...] = (flip_bits, flip_head, cut, lie, enlarge_numbers, double, drop, swap)
