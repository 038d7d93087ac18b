"""Mends lines that recur on every page of a document: running heads, feet, letterheads, the heads of its tables.

What one page reads surely is a witness for the same line on another, where the engine was in doubt. Only its words: the
same figure elsewhere vouches for nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from jobs.result import LineResult, PageResult
from workers.correction.amount import has_currency
from workers.correction.figure import tokenize
from workers.correction.figure_word import swaps_figure_words
from workers.correction.revision import rewrite

WITNESS = "recurs on page {page}"
#: A line is in doubt below the one, and a witness above the other.
_DOUBTED, _SURE = 0.96, 0.98
#: Places are the same so near, as a part of the page's width and height.
_SAME_PLACE = 0.03
#: A line at the same place may differ by so much of its letters, a word of it by so much.
_LINE_DISTANCE, _WORD_DISTANCE = 0.5, 0.6
_SHORTEST = 6
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class _Line:
    page: int
    index: int
    x: float  # of its left edge and its middle, as parts of the page
    y: float
    result: LineResult


def mend_recurring(pages: Sequence[PageResult]) -> tuple[PageResult, ...]:
    """Mend the words of doubtful lines by the surest line at the same place of another page."""
    lines = [line for at, page in enumerate(pages) for line in _lines(at, page)]
    sure = [line for line in lines if line.result.confidence >= _SURE]
    mended = {
        (line.page, line.index): _mended(line.result, other)
        for line in lines
        if line.result.confidence < _DOUBTED and (other := _model(line, sure))
    }
    return tuple(
        page.model_copy(update={"lines": tuple(mended.get((p, n), line) for n, line in enumerate(page.lines))})
        for p, page in enumerate(pages)
    )


def _lines(at: int, page: PageResult) -> Iterator[_Line]:
    for index, line in enumerate(page.lines):
        if len(_letters(line.text)) >= _SHORTEST:
            y = sum(y for _, y in line.box) / 4
            yield _Line(at, index, line.box[0][0] / max(1, page.width_px), y / max(1, page.height_px), line)


def _model(line: _Line, sure: Sequence[_Line]) -> _Line | None:
    """The surest line at the same place of another page that may be the same."""
    same = [
        other
        for other in sure
        if other.page != line.page
        and abs(other.x - line.x) < _SAME_PLACE
        and abs(other.y - line.y) < _SAME_PLACE
        and _distance(line.result.text, other.result.text) <= _LINE_DISTANCE
    ]
    return max(same, key=lambda other: other.result.confidence, default=None)


def _mended(line: LineResult, model: _Line) -> LineResult:
    witness = WITNESS.format(page=model.page + 1)
    for start, end, word in reversed(list(_words(line.text, model.result.text))):
        line = rewrite(line, start, end, word, witness)
    return line


def _words(text: str, model: str) -> Iterator[tuple[int, int, str]]:
    """Words that stand otherwise in the model line: where, and what stands there. No figure is a word."""
    figures = tokenize(text)
    places = _aligned(text, model)
    known = [(found.start(), found.end()) for found in _WORD.finditer(model)]
    for found in _WORD.finditer(text):
        start, end = found.span()
        middle = (places[start] + places[end]) / 2
        word = next((model[a:b] for a, b in known if a <= middle <= b), "")
        if word == found.group() or any(figure.start < end and start < figure.end for figure in figures):
            continue
        if not word.isalpha() or any(char.isnumeric() for char in found.group() + word):  # `第一页`, `m²`
            continue
        if has_currency(word) or swaps_figure_words(found.group(), word):
            continue
        if _distance(found.group(), word) <= _WORD_DISTANCE:
            yield start, end, word


def _aligned(text: str, model: str) -> list[int]:
    """For each place of a text the place of the model line that stands against it."""
    places = [0] * (len(text) + 1)
    for step in Levenshtein.opcodes(text, model):
        for at in range(step.src_start, step.src_end + 1):
            places[at] = min(step.dest_start + at - step.src_start, step.dest_end)
    return places


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())


def _distance(one: str, other: str) -> float:
    return Levenshtein.normalized_distance(_letters(one), _letters(other))
