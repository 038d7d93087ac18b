"""Finds the words that a misread word may be, each with the evidence for it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from workers.correction.confusion import LIKELY, LOST_THIN, Confusions, Readings
from workers.correction.lexicon import COMMON, LONGEST, Lexicon, without_accents
from workers.correction.misreading import Misreading

#: Words shorter than this have too many neighbours.
SHORTEST = 3
#: Shorter words in capitals are abbreviations and codes: `PFAS` for the article `PFA5` is not ours to judge.
_SHORTEST_IN_CAPITALS = 6
#: From this length on a word is near another by its meaning rather than by chance.
_LONG = 6
#: Beyond this cost in nats no word is common enough to be believed.
_DEAREST = 7.5
#: Two misreadings in one word may cost this much together.
_TWICE = 5.5
#: The Zipf frequency at which an unknown word is weighed as it stands: names and codes are unknown words too.
_UNKNOWN = 1.0
#: The longer a word, the less likely that it is near another by chance: nats for each letter from the eighth on.
_PER_LETTER = 0.25
#: Few words are known of the trade and the page, so among them any misreading is looked for, at this cost each.
_NEARBY = 3.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that may have stood where another was read."""

    text: str
    evidence: float  # nats over the word as it was read: how common it is, less what its misreadings cost


def candidates(
    word: str, lexicon: Lexicon, confusions: Confusions, readings: Sequence[Readings] = ()
) -> tuple[Candidate, ...]:
    """What `word` may be, likeliest first, equals by the alphabet; nearly always nothing if it is a word itself.

    What the engine read with no other reading in any letter was hardly misread: of 8 such words on 90 scans that had
    a likelier neighbour 7 were right, names and the documents' own errors (`Net amout`). But a letter that it lost
    leaves no other reading behind, so a long word of the trade that lacks one is still looked for.
    """
    shortest = _SHORTEST_IN_CAPITALS if word.isupper() else SHORTEST
    if not shortest <= len(word) <= LONGEST:
        return ()
    costs: dict[str, float] = {}
    for text, cost in _found(word, lexicon, confusions, readings):
        if cost < min(_DEAREST, costs.get(text, math.inf)) and _keeps_case(word, text):
            costs[text] = cost
    likely = max(_UNKNOWN, lexicon.frequency(word)) * math.log(10)
    raw = likely + _trust(word) - _PER_LETTER * min(10, max(0, len(word) - 7))
    scored = [
        Candidate(lexicon.spelled(text), _frequency(text, lexicon) * math.log(10) - cost - raw)
        for text, cost in costs.items()
    ]
    return tuple(sorted(scored, key=lambda candidate: (-candidate.evidence, candidate.text))[:4])


def _found(
    word: str, lexicon: Lexicon, confusions: Confusions, readings: Sequence[Readings]
) -> Iterator[tuple[str, float]]:
    if lexicon.knows(word):
        return iter(()) if readings and not any(readings) else _trade_words(word, lexicon)
    if readings and not any(readings):
        return _lacking_one_letter(word, lexicon)
    return _neighbours(word, lexicon, confusions, readings)


def _lacking_one_letter(word: str, lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """Words of the trade that this one is but for a letter: Invoic."""
    folded = word.casefold()
    if len(folded) < _LONG:
        return
    for known in lexicon.trade:
        if len(known) == len(folded) + 1 and any(known[:at] + known[at + 1 :] == folded for at in range(len(known))):
            yield _in_case_of(word, known), _NEARBY


def _trade_words(word: str, lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """What a known word may be all the same: a word of the trade without its accents, or taken for a compound.

    `Wahrung` is German, and a misread `Währung`; `Nettogreis` is made of two words, and a misread `Nettopreis`.
    """
    folded = word.casefold()
    compound = len(word) > 7 and not lexicon.lists(word)
    for known in lexicon.trade:
        if len(known) == len(folded) > 4 and known != folded:
            if without_accents(known) == folded:  # lost, never made up: `Facturé à` is no misread `Facture`
                yield _in_case_of(word, known), LIKELY
            elif compound and Levenshtein.distance(folded, known, score_cutoff=1) == 1:
                yield _in_case_of(word, known), _NEARBY


def _frequency(text: str, lexicon: Lexicon) -> float:
    return min(lexicon.frequency(part) for part in text.split("'") if len(part) > 1)


def _trust(word: str) -> float:
    """What speaks for an unknown word: it looks like a name or a code."""
    return 1.0 * word[:1].isupper() + 2.0 * word.isupper()


def _keeps_case(word: str, text: str) -> bool:
    return word.isupper() == text.isupper() and (text[1:].islower() or not word[1:].islower())


def _neighbours(
    word: str, lexicon: Lexicon, confusions: Confusions, readings: Sequence[Readings]
) -> Iterator[tuple[str, float]]:
    for text, cost, at in confusions.once(word, readings):
        if lexicon.lists(text):
            yield text, cost
        if len(word) > 4 and cost < _TWICE:
            for twice, more, place in confusions.once(text, readings if len(text) == len(word) else ()):
                if place > at and cost + more <= _TWICE and lexicon.lists(twice):
                    yield twice, cost + more
    for text, cost, _ in confusions.anyhow(word):
        if lexicon.lists(text):
            yield text, cost
    yield from _compounds(word, lexicon, confusions, readings)
    yield from _elisions(word, lexicon)
    yield from _nearby(word, lexicon, confusions, readings)


def _compounds(
    word: str, lexicon: Lexicon, confusions: Confusions, readings: Sequence[Readings]
) -> Iterator[tuple[str, float]]:
    """One part of a compound is known, the other misread: Handeis|registernummer."""
    if "de" in lexicon.foreign:
        return
    for cut in range(4, len(word) - 3):
        head, tail = word[:cut], word[cut:]
        if lexicon.frequency(tail) >= COMMON - 0.5:
            heads = confusions.once(head, readings[:cut])
            yield from ((text + tail, cost) for text, cost, _ in heads if _is_part(text, lexicon))
        if lexicon.frequency(head) >= COMMON:
            tails = confusions.once(tail, readings[cut:])
            yield from ((head + text, cost) for text, cost, _ in tails if _is_part(text, lexicon))


def _elisions(word: str, lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """A lost apostrophe in French: lancienne."""
    rest = lexicon.languages.get("fr", {}).get(word[1:].casefold(), 0.0)
    if "fr" not in lexicon.foreign and word[0] in "lLdDnNsSjJmMtTcC" and rest >= COMMON:
        yield f"{word[0]}'{word[1:]}", LOST_THIN


def _is_part(text: str, lexicon: Lexicon) -> bool:
    return lexicon.lists(text) and lexicon.plain(text.casefold()) >= COMMON


def _nearby(
    word: str, lexicon: Lexicon, confusions: Confusions, readings: Sequence[Readings]
) -> Iterator[tuple[str, float]]:
    most = len(word) // 3 + 1
    if len(word) < 6:
        return
    misreading = Misreading.of(word, readings, confusions)
    for known in lexicon.trade.keys() | lexicon.local:
        if abs(len(known) - len(word)) < 3 and len(known) > 5:
            distance = Levenshtein.distance(word.casefold(), known, score_cutoff=most)
            if distance <= most:
                yield _in_case_of(word, known), misreading.cost(known)


def _in_case_of(word: str, folded: str) -> str:
    """A word in the capitals that another was read in."""
    if word.isupper():
        return folded.upper()
    return folded[:1].upper() + folded[1:] if word[:1].isupper() else folded
