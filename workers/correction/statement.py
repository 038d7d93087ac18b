"""Lets the XML inside a document vouch for figures, mend them, and name what contradicts it.

The XML may be wrong, or forged, and pages print what it does not state. So it is a witness and no source: a figure
changes to what it states only where the figure failed already (a sum, a checksum, the engine's own doubt), exactly one
misreading fits, and no page shows the stated figure elsewhere. What differs otherwise is for a person.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from jobs.result import Figure, PageResult, Statement
from workers.correction import glyph
from workers.correction.amount import parse_with_unit
from workers.correction.date import days, exists
from workers.correction.identifier import checksum
from workers.correction.line import UNSURE
from workers.correction.mark import document_mark
from workers.correction.notation import Notation
from workers.correction.reading import readings
from workers.correction.role import role_of
from workers.correction.table import Cell, Place, Row, rows

WITNESS = "the invoice's XML"
#: Below this an engine is in doubt by itself.
_DOUBTED = 0.9
#: Smaller whole numbers stand for themselves: a quantity `1` is no `1.00` of the XML.
_LEAST_WHOLE = 100
_SHORTEST_CODE = 4
_FORM = re.compile(r"\d")


@dataclass(frozen=True)
class Stated:
    """What the XML states, to be looked up."""

    amounts: frozenset[Decimal]
    days: frozenset[str]
    codes: frozenset[str]

    @classmethod
    def of(cls, statement: Statement | None) -> "Stated":
        """Index a statement; none states nothing."""
        if statement is None:
            return cls(frozenset(), frozenset(), frozenset())
        return cls(
            frozenset(abs(Decimal(each)) for each in statement.amounts),
            frozenset(statement.dates),
            frozenset(code for each in statement.codes if len(code := _compact(each)) >= _SHORTEST_CODE),
        )

    @property
    def keys(self) -> frozenset[str]:
        """Everything stated, in the form in which `_keys` gives a figure of the pages."""
        return self.days | self.codes | {f"={value.normalize()}" for value in self.amounts}

    def has(self, figure: Figure, mark: str) -> bool:
        """Whether the XML states a figure of the pages."""
        if figure.kind == "date":
            return bool(days(figure.final) & self.days)
        if _compact(figure.final) in self.codes:
            return True
        value = _value(figure.final, mark)
        return value in self.amounts and _tells(figure.final, value)


def mends(
    pages: Sequence[PageResult], xml: Stated, failing: frozenset[Place], vouched: frozenset[Place], notation: Notation
) -> dict[Place, tuple[str, str]]:
    """Figures that failed and that exactly one misreading makes what the XML states, and no page shows yet."""
    shown = {key for _, figure in _figures(pages) for key in _keys(figure.final, figure.kind, notation.mark)}
    cells = {cell.place: cell for row in rows(pages, notation.mark) for cell in row.cells}
    found: dict[Place, str] = {}
    for place, figure in _figures(pages):
        if place in vouched or xml.has(figure, notation.mark):
            continue
        fitting = {
            reading: keys
            for reading in _readings(figure, cells.get(place), xml, notation)
            if (keys := _keys(reading, figure.kind, notation.mark) & xml.keys)
            and _is_in_doubt(figure, reading, place in failing)
        }
        if len(fitting) == 1 and not shown & fitting[(reading := min(fitting))]:
            found[place] = reading
    finals = list(found.values())
    return {place: (final, WITNESS) for place, final in found.items() if finals.count(final) == 1}


def testify(figure: Figure, contradiction: str | None, *, confirmed: bool) -> Figure:
    """Write the XML's word into the audit of a figure."""
    if contradiction:
        return figure.model_copy(update={"flag": contradiction})
    if not confirmed:
        return figure
    witnesses = [each for each in (figure.witness or "").split("; ") if each and each != WITNESS]
    flag = None if figure.flag == UNSURE else figure.flag
    return figure.model_copy(update={"witness": "; ".join([*witnesses, WITNESS]), "flag": flag})


def contradictions(table: Sequence[Row], statement: Statement | None, pages: Sequence[PageResult]) -> dict[Place, str]:
    """Amounts that stand in the place of a total which the XML states otherwise: why a person must look."""
    if statement is None:
        return {}
    amounts = Stated.of(statement).amounts
    found: dict[Place, str] = {}
    for role in compared(statement, pages).missing:
        for row in table:
            money = [cell for cell in row.cells if cell.amount.decimals == 2 and cell.figure.kind != "percentage"]
            if role_of(row.label) == role and money and abs(money[-1].amount.value) not in amounts:
                found[money[-1].place] = f"{WITNESS} states {statement.totals[role]} as {role}"
    return found


def compared(statement: Statement, pages: Sequence[PageResult]) -> Statement:
    """The statement, with those of its totals named that no page shows."""
    mark = document_mark(figure for _, figure in _figures(pages))
    shown = {_value(figure.final, mark) for _, figure in _figures(pages)}
    missing = [role for role, value in statement.totals.items() if Decimal(value) and abs(Decimal(value)) not in shown]
    return statement.model_copy(update={"missing": tuple(missing)})


def _figures(pages: Sequence[PageResult]) -> Iterator[tuple[Place, Figure]]:
    for p, page in enumerate(pages):
        for n, line in enumerate(page.lines):
            for f, figure in enumerate(line.figures):
                yield (p, n, f), figure


def _readings(figure: Figure, cell: Cell | None, xml: Stated, notation: Notation) -> Iterator[str]:
    if figure.kind == "date":
        yield from glyph.misread_digits(figure.final)
        yield from (reading for reading, _ in figure.readings)
    elif cell:
        # What a mark, a sign or a `%` was misread as is for the sums to find: `300 km` would be 3,00 km of the XML.
        found = readings(cell, notation)
        yield from (reading for reading in found if _FORM.sub("0", reading) == _FORM.sub("0", figure.final))
    yield from (reading for code in xml.codes if (reading := _misread_code(figure.final, code)))


def _is_in_doubt(figure: Figure, reading: str, fails: bool) -> bool:
    if fails or figure.confidence < _DOUBTED or reading in dict(figure.readings):
        return True
    if figure.kind == "date":
        return not exists(figure.final)
    return checksum(figure.kind) is not None and figure.witness is None


def _misread_code(text: str, code: str) -> str | None:
    """The text with those of its glyphs exchanged that the code has otherwise; None if they do not look alike."""
    places = [at for at, char in enumerate(text) if char.isalnum()]
    if len(places) != len(code):
        return None
    wrong = [(at, char) for at, char in zip(places, code, strict=True) if text[at].upper() != char]
    if not 0 < len(wrong) <= glyph.MOST_GLYPHS or not all(_look_alike(text[at], char) for at, char in wrong):
        return None
    letters = list(text)
    for at, char in wrong:
        letters[at] = char
    return "".join(letters)


def _look_alike(one: str, other: str) -> bool:
    if one.isdigit() and other.isdigit():
        return other in glyph.LIKE_DIGITS[one]
    return glyph.DIGIT_FOR_LETTER.get(one) == other or glyph.DIGIT_FOR_LETTER.get(other) == one


def _keys(text: str, kind: str, mark: str) -> set[str]:
    """What a figure is known by: its day, its code, its value."""
    if kind == "date":
        return set(days(text))
    value = _value(text, mark)
    return {_compact(text)} | ({f"={value.normalize()}"} if value is not None and _tells(text, value) else set())


def _tells(text: str, value: Decimal) -> bool:
    """Whether a value is one that few figures have: money, a rate, a large number."""
    return value >= _LEAST_WHOLE or bool(re.search(r"\d[.,]\d\d|%", text))


def _value(text: str, mark: str) -> Decimal | None:
    amount = parse_with_unit(text, mark)
    return abs(amount.value) if amount else None


def _compact(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper()
