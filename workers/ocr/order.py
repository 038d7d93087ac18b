"""Reading order: blocks one after another, in each the rows from the top, each row from left to right."""

from collections.abc import Sequence
from statistics import median

from jobs.result import Box
from workers.ocr.column import blocks
from workers.ocr.span import Span, level

#: Two boxes are of one row where they share this part of the lower one's height.
_ROW_OVERLAP = 0.5


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Order boxes as a person reads: tables row by row, an address beside a date too, columns of prose one by one."""
    spans = level(boxes)
    return [index for block in blocks(spans) for row in _rows(block, spans) for index in row]


def _rows(block: Sequence[int], spans: Sequence[Span]) -> list[list[int]]:
    rows: list[list[int]] = []
    for index in sorted(block, key=lambda i: spans[i].top + spans[i].bottom):
        if rows and _shares_row(spans[index], [spans[i] for i in rows[-1]]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return [sorted(row, key=lambda i: spans[i].left) for row in rows]


def _shares_row(span: Span, row: list[Span]) -> bool:
    """Against the row's median line, so that one tall box (a logo) does not swallow the rows beside it."""
    top, bottom = median(other.top for other in row), median(other.bottom for other in row)
    shared = min(bottom, span.bottom) - max(top, span.top)
    return shared >= _ROW_OVERLAP * min(bottom - top, span.height)
