"""Finds columns of running text, as on a page of terms, which are read one after the other.

Everything else on an invoice is read row by row across the page: the cells of a table, an address beside a date. What
tells columns apart from those is that their lines are long and fill them.
"""

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

from workers.ocr.span import Span

_LEAST_LINES = 4
#: Least width of a column's usual line, in heights of a line: about 33 characters.
_LONG = 12.0
#: Part of its column that the usual line fills.
_FULL = 0.7
#: Part of the lower column that stands beside the other.
_BESIDE = 0.5
#: Height without print, in heights of a line, that parts what is above from what is below.
_BREAK = 2.0
#: Gutters that are tried, and cuts within cuts: four columns at most, and no page can take long.
_TRIES = 3
_DEEPEST = 3


def blocks(spans: Sequence[Span]) -> list[list[int]]:
    """Cut a page in blocks that are read one after the other; a page without columns is one block."""
    return _blocks(range(len(spans)), spans, _DEEPEST)


def _blocks(lines: Sequence[int], spans: Sequence[Span], depth: int) -> list[list[int]]:
    for gutter in _gutters(lines, spans) if depth else ():
        cut = _cut(lines, spans, gutter, depth)
        if len(cut) > 1:
            return cut
    return [list(lines)] if lines else []


def _gutters(lines: Sequence[int], spans: Sequence[Span]) -> list[float]:
    """Where a column may end: right of a long line, left of some others, where the fewest lines cross."""
    lefts, rights = (sorted(spans[i][side] for i in lines) for side in (0, 2))
    ends = {spans[i].right + spans[i].height / 2 for i in lines if spans[i].width >= _LONG * spans[i].height}
    within = [x for x in ends if bisect_left(lefts, x) <= len(lefts) - _LEAST_LINES]
    return sorted(within, key=lambda x: (bisect_left(lefts, x) - bisect_left(rights, x), x))[:_TRIES]


def _cut(lines: Sequence[int], spans: Sequence[Span], gutter: float, depth: int) -> list[list[int]]:
    """Cut along a gutter: what crosses it stands for itself, and parts the columns above from those below."""
    cut: list[list[int]] = [[]]
    for band in _bands(lines, spans, gutter):
        left = [i for i in band if spans[i].right <= gutter]
        right = [i for i in band if spans[i].left >= gutter]
        sides = (left, right) if _are_beside(left, right, spans) else ()
        columns = [_columns(side, spans, depth - 1) for side in sides]
        if columns and all(columns):
            cut += [*(column for side in columns for column in side), []]
        else:
            cut[-1] += band
    return [block for block in cut if block]


def _bands(lines: Sequence[int], spans: Sequence[Span], gutter: float) -> list[list[int]]:
    """Part the page where a line crosses the gutter, and where nothing is printed for some lines' height."""
    bands: list[list[int]] = [[]]
    bottom = 0.0
    for index in sorted(lines, key=lambda i: spans[i].top):
        span = spans[index]
        if span.left < gutter < span.right:
            bands += [[index], []]
        elif span.top - bottom > _BREAK * span.height:
            bands.append([index])
        else:
            bands[-1].append(index)
        bottom = max(bottom, span.bottom)
    return bands


def _are_beside(left: Sequence[int], right: Sequence[int], spans: Sequence[Span]) -> bool:
    if min(len(left), len(right)) < _LEAST_LINES:
        return False
    tops = [min(spans[i].top for i in side) for side in (left, right)]
    bottoms = [max(spans[i].bottom for i in side) for side in (left, right)]
    return min(bottoms) - max(tops) >= _BESIDE * min(b - t for t, b in zip(tops, bottoms, strict=True))


def _columns(side: Sequence[int], spans: Sequence[Span], depth: int) -> list[list[int]]:
    """The columns of one side of a gutter; none where it is no running text."""
    further = _blocks(side, spans, depth)
    if len(further) > 1:
        return further
    width = max(spans[i].right for i in side) - min(spans[i].left for i in side)
    line, height = median(spans[i].width for i in side), median(spans[i].height for i in side)
    return further if line >= max(_FULL * width, _LONG * height) else []
