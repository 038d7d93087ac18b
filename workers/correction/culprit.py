"""Finds the misread figure of equations that fail, where one reading of one figure alone makes them close."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from workers.correction.amount import parse
from workers.correction.claim import Claim
from workers.correction.glyph import digits
from workers.correction.notation import Notation
from workers.correction.reading import readings
from workers.correction.table import Cell, Place

#: A reading that the engine gave this probability is more than a way to make an equation close; and others read so
#: surely leave but one figure to blame.
_SEEN, _SURE = 0.1, 0.9


class Way(NamedTuple):
    """What a figure may read instead."""

    place: Place
    final: str
    value: Decimal


@dataclass(frozen=True)
class _Accusation:
    """An equation that closes once one of its figures is read otherwise."""

    claim: Claim
    way: Way

    @property
    def cell(self) -> Cell:
        return next(cell for cell in self.claim.cells if cell.place == self.way.place)

    @property
    def others(self) -> list[Cell]:
        return [cell for cell in self.claim.cells if cell.place != self.way.place]

    @property
    def repeats(self) -> bool:
        return self.claim.repeats(self.cell, self.way.value)


def culprits(stated: Sequence[Claim], notation: Notation) -> dict[Place, tuple[str, str]]:
    """What misread figures read, each with the rule that says so. Other equations may still fail afterwards."""
    closing = undisputed(stated)
    failing = [claim for claim in stated if not claim.closes()]
    ways = [set(_ways(claim, closing, notation)) for claim in failing]
    equations = Counter(way for each in ways for way in each)
    accused = []
    for claim, each in zip(failing, ways, strict=True):
        joint = {way for way in each if equations[way] > 1}
        for way in joint or each if len(joint or each) == 1 else ():
            accusation = _Accusation(claim, way)
            likely = _is_likely(accusation) if joint else _is_likely_alone(accusation, closing, failing)
            if likely and not accusation.repeats:
                accused.append(accusation)
    return {each.way.place: (each.way.final, each.claim.rule) for each in reversed(accused) if _stands(each, accused)}


def undisputed(stated: Sequence[Claim]) -> frozenset[Place]:
    """Figures of equations that close: they may be wrong all the same (`Claim.proves`), but none is to blame."""
    return frozenset(cell.place for claim in stated if claim.closes() for cell in claim.cells)


def _ways(claim: Claim, closing: frozenset[Place], notation: Notation) -> Iterator[Way]:
    """What its figures may read instead so that it closes."""
    for cell in claim.cells:
        for reading in () if cell.exact or cell.place in closing else sorted(readings(cell, notation)):
            amount = parse(reading, notation.mark)
            if amount and amount.value != cell.amount.value and claim.closes_with(cell, amount.value):
                yield Way(cell.place, reading, amount.value)


def _is_likely(accusation: _Accusation) -> bool:
    """Whether the engine saw that reading too, or tells of none: two equations blame the figure already."""
    return not accusation.cell.figure.readings or _seen(accusation) > 0 or _lacks_a_sign(accusation)


def _is_likely_alone(accusation: _Accusation, closing: frozenset[Place], failing: Sequence[Claim]) -> bool:
    """Whether one equation is enough: the engine saw that reading, or a mark or sign is lost in one sure of the rest.

    Digits that look alike close an equation by chance: 11 x 34,97 and 164,67, misread for 384,67, closed by 14,97. And
    another of its figures that is part of a second equation that fails is the likelier culprit.
    """
    elsewhere = {cell.place for claim in failing if claim is not accusation.claim for cell in claim.cells}
    if any(cell.place in elsewhere for cell in accusation.others):
        return False
    doubtful = (cell for cell in accusation.others if cell.place not in closing and not cell.exact)
    surely = min((cell.figure.confidence for cell in doubtful), default=1.0)
    rest_is_sure = surely >= max(_SURE, accusation.cell.figure.confidence)
    return _seen(accusation) >= _SEEN or (rest_is_sure and _lacks_a_sign(accusation))


def _seen(accusation: _Accusation) -> float:
    """The probability that the engine gave such a reading."""
    wanted = digits(accusation.way.final)
    return max((p for reading, p in accusation.cell.figure.readings if digits(reading) == wanted), default=0.0)


def _lacks_a_sign(accusation: _Accusation) -> bool:
    """Whether a mark was lost (`450` for `4,50`), or a sign read as a digit (`198` for `19%`)."""
    return digits(accusation.way.final) in digits(accusation.cell.figure.final)


def _stands(accusation: _Accusation, accused: Sequence[_Accusation]) -> bool:
    """Whether nothing else of its equation is to change, nor the figure to anything else."""
    mine = {cell.place for cell in accusation.claim.cells}
    return all(each.way == accusation.way for each in accused if each.way.place in mine)
