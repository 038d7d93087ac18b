"""Settles the figures of a whole document, since an invoice's arithmetic spans its pages."""

from collections.abc import Callable, Iterator, Sequence

from jobs.result import Arithmetic, Figure, LineResult, PageResult, Statement
from workers.correction import currency
from workers.correction.amount import parse
from workers.correction.arithmetic import claims
from workers.correction.claim import Claim
from workers.correction.glyph import digits
from workers.correction.mark import WITNESS, is_part_of_a_date, points_doubted, with_mark
from workers.correction.notation import Notation
from workers.correction.reading import readings
from workers.correction.recurrence import mend_recurring
from workers.correction.review import review
from workers.correction.revision import revise
from workers.correction.statement import Stated, contradictions, mends, testify
from workers.correction.table import Cell, Place, rows

#: A repair may make another one possible.
_ROUNDS = 3
#: A reading that the engine gave this probability is more than a way to make an equation close; and others read so
#: surely leave but one figure to blame.
_SEEN, _SURE = 0.1, 0.9

Pages = tuple[PageResult, ...]


def settle(pages: Pages, statement: Statement | None = None) -> tuple[Pages, tuple[Arithmetic, ...]]:
    """Mend, vouch for and flag figures by what the whole document shows and its XML states.

    Settling again changes nothing.
    """
    notation = Notation.of(_figures(pages))
    mark = notation.mark
    xml = Stated.of(statement)
    if any(page.provenance.mode != "off" for page in pages):
        pages = mend_recurring(pages)
        pages = _with_marks(pages, mark, _misread_points(pages) if mark == "," else frozenset())
        for _ in range(_ROUNDS):
            pages = _repaired(pages, _repairs(claims(rows(pages, mark)), notation))
            pages = _repaired(pages, _stated(pages, xml, notation)) if statement else pages
        pages = _with_marks(pages, mark, _vouched(claims(rows(pages, mark))))
    table = rows(pages, mark)
    stated = claims(table)
    closing = {cell.place: claim.rule for claim in reversed(stated) if claim.closes() for cell in claim.cells}
    failing = {cell.place: claim.rule for claim in stated if not claim.closes() for cell in claim.cells}
    denied = contradictions(table, statement, pages)
    foreign = currency.foreign_signs(_figures(pages))

    def judge(place: Place, figure: Figure) -> Figure:
        reviewed = review(figure, closing.get(place), failing.get(place), notation, foreign)
        return testify(reviewed, denied.get(place), confirmed=xml.has(figure, mark))

    return _judged(pages, judge), tuple(_printed(claim) for claim in stated)


def _figures(pages: Pages) -> Iterator[Figure]:
    return (figure for page in pages for line in page.lines for figure in line.figures)


def _vouched(stated: Sequence[Claim]) -> frozenset[Place]:
    return frozenset(cell.place for claim in stated if claim.closes() for cell in claim.cells)


def _misread_points(pages: Pages) -> frozenset[Place]:
    """Figures on pages where the engine doubts most points."""
    doubted = [points_doubted(_figures((page,))) for page in pages]
    return frozenset(
        (p, n, f)
        for p, page in enumerate(pages)
        for n, line in enumerate(page.lines)
        for f in range(len(line.figures))
        if doubted[p]
    )


def _with_marks(pages: Pages, mark: str, vouched: frozenset[Place]) -> Pages:
    found = {
        (p, n, f): (other, WITNESS)
        for p, page in enumerate(pages)
        for n, line in enumerate(page.lines)
        for f, figure in enumerate(line.figures)
        if (other := with_mark(figure, mark, vouched=(p, n, f) in vouched)) and not is_part_of_a_date(line.text, figure)
    }
    return _repaired(pages, found)


def _repairs(stated: Sequence[Claim], notation: Notation) -> dict[Place, tuple[str, str]]:
    """For equations that fail: the one reading of one figure that makes them close."""
    vouched = _vouched(stated)
    failing = [claim for claim in stated if not claim.closes()]
    passing = [set(_passing(claim, vouched, notation)) for claim in failing]
    found: dict[Place, set[tuple[str, str]]] = {}
    for claim, ways in zip(failing, passing, strict=True):
        joint = {way for way in ways if sum(way in others for others in passing) > 1}
        if len(ways) == 1 or len(joint) == 1:  # one reading closes this one, or only one closes another as well
            place, final = min(joint or ways)
            if joint or _is_likely(claim, place, final, vouched):
                found.setdefault(place, set()).add((final, claim.rule))
    return {place: min(ways) for place, ways in found.items() if len({final for final, _ in ways}) == 1}


def _is_likely(claim: Claim, place: Place, final: str, vouched: frozenset[Place]) -> bool:
    """Whether the engine saw that reading, or read the other figures surely, and no less so than the one to change.

    Three figures read badly close by chance: 11 x 34,97 and 164,67, misread for 384,67, closed by 14,97.
    """
    (changed,) = (cell.figure for cell in claim.cells if cell.place == place)
    seen = (p for reading, p in changed.readings if digits(reading) == digits(final))
    others = (cell.figure.confidence for cell in _in_doubt(claim, vouched) if cell.place != place)
    return max(seen, default=0.0) >= _SEEN or min(others, default=1.0) >= max(_SURE, changed.confidence)


def _stated(pages: Pages, xml: Stated, notation: Notation) -> dict[Place, tuple[str, str]]:
    """For figures that fail and that no sum vouches for: the one reading that the XML states."""
    stated = claims(rows(pages, notation.mark))
    failing = frozenset(cell.place for claim in stated if not claim.closes() for cell in claim.cells)
    return mends(pages, xml, failing, _vouched(stated), notation)


def _passing(claim: Claim, vouched: frozenset[Place], notation: Notation) -> Iterator[tuple[Place, str]]:
    for cell in _in_doubt(claim, vouched):
        for reading in sorted(readings(cell, notation)):
            amount = parse(reading, notation.mark)
            if amount and amount.value != cell.amount.value:
                values = [amount.value if other is cell else other.amount.value for other in claim.cells]
                if claim.closes(values):
                    yield cell.place, reading


def _in_doubt(claim: Claim, vouched: frozenset[Place]) -> list[Cell]:
    """The figures of an equation that nothing vouches for."""
    return [cell for cell in claim.cells if cell.place not in vouched and not cell.exact]


def _repaired(pages: Pages, found: dict[Place, tuple[str, str]]) -> Pages:
    def repair(place: tuple[int, int], line: LineResult) -> LineResult:
        for at in range(len(line.figures)):
            if (*place, at) in found:
                line = revise(line, at, *found[(*place, at)])
        return line

    return _mapped(pages, repair) if found else pages


def _judged(pages: Pages, judge: Callable[[Place, Figure], Figure]) -> Pages:
    def audit(place: tuple[int, int], line: LineResult) -> LineResult:
        figures = tuple(judge((*place, at), figure) for at, figure in enumerate(line.figures))
        return line.model_copy(update={"figures": figures})

    return _mapped(pages, audit)


def _mapped(pages: Pages, change: Callable[[tuple[int, int], LineResult], LineResult]) -> Pages:
    return tuple(
        page.model_copy(update={"lines": tuple(change((p, n), line) for n, line in enumerate(page.lines))})
        for p, page in enumerate(pages)
    )


def _printed(claim: Claim) -> Arithmetic:
    return Arithmetic(rule=claim.rule, terms=tuple(cell.figure.final for cell in claim.cells), closes=claim.closes())
