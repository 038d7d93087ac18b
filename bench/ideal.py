"""Tells which figures a witness could settle: those it vouches for where every line is read right.

The true text is put in the place of what OCR read, line by line, and audited as the product audits a document. What
a checksum or a closing sum vouches for there could have been mended; the rest no correction can settle.
"""

from collections.abc import Sequence

from jobs.result import PageResult
from workers.correction.glyph import digits
from workers.correction.line import finish
from workers.correction.settlement import settle


def vouched(pages: Sequence[PageResult], truths: Sequence[Sequence[str | None]]) -> list[list[frozenset[str]]]:
    """For each line of each page, the digits of its true figures that have a witness."""
    ideal = tuple(_ideal(page, true) for page, true in zip(pages, truths, strict=True))
    settled, _ = settle(ideal)
    return [
        [frozenset(digits(figure.final) for figure in line.figures if figure.witness) for line in page.lines]
        for page in settled
    ]


def _ideal(page: PageResult, truths: Sequence[str | None]) -> PageResult:
    audit_alone = page.provenance.model_copy(update={"mode": "off"})
    lines = tuple(
        finish(line.raw if truth is None else truth, line.box, 1.0)
        for line, truth in zip(page.lines, truths, strict=True)
    )
    return page.model_copy(update={"lines": lines, "provenance": audit_alone})
