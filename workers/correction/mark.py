"""Settles a document's decimal mark: a point read in a document of decimal commas is a misread comma."""

import re
from collections.abc import Iterable

from jobs.result import Figure
from workers.correction.amount import GROUP, has_currency

_BEFORE = rf"(?P<before>[^\d.,]*(?:[1-9]\d{{0,2}}(?:{GROUP}\d{{3}})+|0|[1-9]\d*))(?P<mark>[.,])"
#: Digits in threes, then a mark and two or four decimals: `1.234,56`, `0.00`, `9,9000`. `05.07` is a day.
_DECIMAL = re.compile(rf"{_BEFORE}(?P<after>\d{{2}}(?:\d{{2}})?(?!\d)[^\d.,]*)")
_RATE = re.compile(rf"{_BEFORE}(?P<after>\d{{1,2}}\s?%)")
#: One sign for thousands and decimals, which no notation has: `1.000.00`.
_BROKEN = re.compile(
    r"(?P<before>[^\d.,]*[1-9]\d{0,2}(?P<mark>[.,])\d{3}(?:(?P=mark)\d{3})*)(?P=mark)(?P<after>\d{2}(?!\d)[^\d.,]*)"
)
#: `12.2018` is a month, and the point before or after a day of it no decimal mark: `06. 12.2018`, `am 12.12. fällig`.
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])\.(?:19|20)\d\d")
_DAY_BEFORE = re.compile(r"(?<!\d)[0-3]?\d\.\s?$")
_OTHER = {",": ".", ".": ","}
WITNESS = "the document's decimal mark"
#: What a figure says for its mark, in nats. A point that the engine doubts says nothing: of those that PP-OCRv6 read on
#: 90 scans three in four were commas, of those that our weights read on coarse pages most are points.
_COMMA, _POINT = 3.0, 1.6
_ENOUGH = 4.0
#: How probable the engine must hold the other mark where no currency says that a figure is money: `1.10` is a position.
_SEEN = 0.1
#: So many points of a page must be doubted.
_LEAST_DOUBTED = 3


def document_mark(figures: Iterable[Figure]) -> str:
    """The document's decimal mark; "" if it is not clear. For a comma, commas were read, half as many as points."""
    marked = [figure for figure in figures if mark_of(figure)]
    points = [figure for figure in marked if mark_of(figure) == "."]
    commas = len(marked) - len(points)
    sure_points = sum(swapped(figure) not in dict(figure.readings) for figure in points)
    votes = _COMMA * commas - _POINT * sure_points
    if votes >= _ENOUGH and 2 * commas > len(points):
        return ","
    return "." if votes <= -_ENOUGH and len(points) > commas else ""


def with_mark(figure: Figure, mark: str, *, vouched: bool) -> str | None:
    """The figure with the document's mark, if it was read with the other; None where it stays as it is.

    The document's habit alone is not enough: a French firm prints its capital as `120 000,00 €` on English invoices.
    The engine must have seen the other mark too, or the figure be `vouched` for: part of the document's own sums, or
    one of many points on a page where the engine doubts them (`points_doubted`). `1.200.50` may be an article's number.
    """
    if not mark:
        return None
    if broken := _BROKEN.fullmatch(figure.final):
        other = broken["before"].replace(broken["mark"], _OTHER[mark]) + mark + broken["after"]
        return other if has_currency(figure.final) or other in dict(figure.readings) else None
    if mark_of(figure) != _OTHER[mark]:
        return None
    other = swapped(figure)
    needed = 0.0 if has_currency(figure.final) else _SEEN
    return other if vouched or dict(figure.readings).get(other, -1.0) >= needed else None


def is_part_of_a_date(text: str, figure: Figure) -> bool:
    """Whether a figure that looks like an amount stands in `text` as part of a date."""
    return text[figure.end : figure.end + 1] == "." or bool(_DAY_BEFORE.search(text[: figure.start]))


def points_doubted(figures: Iterable[Figure]) -> bool:
    """Whether on this page the engine doubts most points that it read for a decimal mark.

    Then those that it was sure of are commas, too: so it was with all 34 of them on 113 scans. It does not do so
    with commas, which it hardly ever reads for a point.
    """
    as_read = (figure.model_copy(update={"final": figure.raw}) for figure in figures)
    points = [figure for figure in as_read if mark_of(figure) == "."]
    doubted = sum(swapped(figure) in dict(figure.readings) for figure in points)
    return doubted >= _LEAST_DOUBTED and 2 * doubted >= len(points)


def mark_of(figure: Figure) -> str:
    """The decimal mark of a figure; "" if it has none or a broken one."""
    found = _parts(figure)
    return found["mark"] if found else ""


def swapped(figure: Figure) -> str:
    """The figure's text with its decimal mark exchanged."""
    found = _parts(figure)
    return found["before"] + _OTHER[found["mark"]] + found["after"] if found else figure.final


def _parts(figure: Figure) -> re.Match[str] | None:
    if figure.kind == "percentage":
        return _RATE.fullmatch(figure.final)
    if figure.kind not in ("amount", "number", "quantity") or _BROKEN.fullmatch(figure.final):
        return None
    if _MONTH.fullmatch(figure.final):
        return None
    return _DECIMAL.fullmatch(figure.final)
