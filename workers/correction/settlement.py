"""Settles the figures of a whole document, since an invoice's arithmetic spans its pages."""

from collections.abc import Callable, Iterator, Sequence

from jobs.result import Arithmetic, Figure, LineResult, PageResult, Statement
from workers.correction import currency
from workers.correction.amount import has_currency
from workers.correction.arithmetic import claims
from workers.correction.claim import Claim
from workers.correction.culprit import culprits, undisputed
from workers.correction.mark import WITNESS, is_part_of_a_date, points_doubted, with_mark
from workers.correction.notation import Notation
from workers.correction.recurrence import mend_recurring
from workers.correction.review import review
from workers.correction.revision import revise
from workers.correction.statement import Stated, contradictions, mends, testify
from workers.correction.table import Place, rows

#: A repair may make another one possible.
_ROUNDS = 3
Pages = tuple[PageResult, ...]


def settle(pages: Pages, statement: Statement | None = None) -> tuple[Pages, tuple[Arithmetic, ...]]:
    """Mend, vouch for and flag figures by what the whole document shows and its XML states.

    Settling again changes nothing.
    """
    notation = Notation.of(_figures(pages))
    if any(page.provenance.mode != "off" for page in pages):
        pages = _mended(pages, statement, notation)
    stated = claims(rows(pages, notation.mark))
    return _audited(pages, stated, statement, notation), tuple(_printed(claim) for claim in stated)


def _mended(pages: Pages, statement: Statement | None, notation: Notation) -> Pages:
    mark = notation.mark
    pages = mend_recurring(pages)
    pages = _with_marks(pages, mark, _misread_points(pages) if mark == "," else frozenset())
    for _ in range(_ROUNDS):
        pages = _repaired(pages, culprits(claims(rows(pages, mark)), notation))
        pages = _repaired(pages, _stated(pages, Stated.of(statement), notation)) if statement else pages
    return _with_marks(pages, mark, undisputed(claims(rows(pages, mark))))


def _audited(pages: Pages, stated: Sequence[Claim], statement: Statement | None, notation: Notation) -> Pages:
    """Every figure with what vouches for it, or why a person must look."""
    proven = {cell.place: claim.rule for claim in reversed(stated) for cell in claim.cells if claim.proves(cell)}
    failing = _failing(stated)
    xml = Stated.of(statement)
    denied = contradictions(rows(pages, notation.mark), statement, pages)
    foreign = currency.foreign_signs(tuple(_figures(pages)), notation.mark)

    def judge(place: Place, figure: Figure) -> Figure:
        reviewed = review(figure, proven.get(place), failing.get(place), notation, foreign)
        return testify(reviewed, denied.get(place), confirmed=xml.has(figure, notation.mark))

    return _judged(pages, judge)


def _failing(stated: Sequence[Claim]) -> dict[Place, str]:
    """Figures of equations that fail, and of none that closes, each with a rule."""
    closing = undisputed(stated)
    places = ((cell.place, claim.rule) for claim in stated if not claim.closes() for cell in claim.cells)
    return {place: rule for place, rule in places if place not in closing}


def _figures(pages: Pages) -> Iterator[Figure]:
    return (figure for page in pages for line in page.lines for figure in line.figures)


def _misread_points(pages: Pages) -> frozenset[Place]:
    """Money on pages where the engine doubts most points: without a currency, `1.10` may be a position."""
    doubted = [points_doubted(_figures((page,))) for page in pages]
    return frozenset(
        (p, n, f)
        for p, page in enumerate(pages)
        for n, line in enumerate(page.lines)
        for f, figure in enumerate(line.figures)
        if doubted[p] and has_currency(figure.final)
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


def _stated(pages: Pages, xml: Stated, notation: Notation) -> dict[Place, tuple[str, str]]:
    """For figures that fail and that no sum vouches for: the one reading that the XML states."""
    stated = claims(rows(pages, notation.mark))
    failing = frozenset(cell.place for claim in stated if not claim.closes() for cell in claim.cells)
    return mends(pages, xml, failing, undisputed(stated), notation)


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
