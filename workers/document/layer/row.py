"""Puts glyphs together to lines as a person reads them, whatever order the file has them in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jobs.result import Box, Extent, Point
from workers.document.layer.glyph import Area, Glyph

#: Baselines of one line differ by less than this share of the line's height: a raised `2` does.
_SAME_BASELINE = 0.3
#: A gap wider than this share of the line's height parts two lines: columns of a table.
_COLUMN_GAP = 0.9
#: From this gap on, two glyphs that the file does not have side by side are two words.
_WORD_GAP = 0.13
#: White space of the file counts only where there is some to see.
_LEAST_SPACE = 0.05


@dataclass(frozen=True, slots=True)
class Segment:
    """Glyphs side by side, in order, and the line they make."""

    glyphs: tuple[Glyph, ...]
    text: str
    box: Box
    words: tuple[Extent, ...]  # where each word of `text` stands along the line


def segments(glyphs: Iterable[Glyph]) -> Iterator[Segment]:
    """Every line of a page, in no particular order. Glyphs at odd angles stand alone."""
    by_quarter: dict[int | None, list[Glyph]] = {}
    for glyph in glyphs:
        by_quarter.setdefault(glyph.quarter, []).append(glyph)
    for quarter, members in by_quarter.items():
        runs = _rows(members, quarter) if quarter is not None else [[glyph] for glyph in members]
        for run in runs:
            yield _segment(run, quarter or 0)


def _rows(glyphs: Sequence[Glyph], quarter: int) -> Iterator[list[Glyph]]:
    rows: list[list[Glyph]] = []
    level = 0.0
    for glyph in sorted(glyphs, key=lambda glyph: _level(glyph, quarter)):
        if not rows or _level(glyph, quarter) - level > _SAME_BASELINE * glyph.size_px:
            rows.append([])
            level = _level(glyph, quarter)
        rows[-1].append(glyph)
    for row in rows:
        ordered = sorted(row, key=lambda glyph: (as_read(glyph.cell, quarter)[0], glyph.index))
        for run in _runs(ordered, quarter):
            yield from _apart_from_signs(run, quarter)


def _runs(row: Sequence[Glyph], quarter: int) -> Iterator[list[Glyph]]:
    run = [row[0]]
    for glyph in row[1:]:
        if _gap(run[-1], glyph, quarter) > _COLUMN_GAP * glyph.size_px:
            yield run
            run = []
        run.append(glyph)
    yield run


def _apart_from_signs(run: Sequence[Glyph], quarter: int) -> Iterator[list[Glyph]]:
    """A glyph without a name that is a word of its own is a sign, such as a telephone before its number."""
    part: list[Glyph] = []
    words = [True, *(_are_two_words(before, glyph, quarter) for before, glyph in pairwise(run)), True]
    for at, glyph in enumerate(run):
        if glyph.is_named or not (words[at] and words[at + 1]):
            part.append(glyph)
            continue
        yield from filter(None, (part, [glyph]))
        part = []
    if part:
        yield part


def _segment(run: Sequence[Glyph], quarter: int) -> Segment:
    words = list(_words(run, quarter))
    areas = [[as_read(area, quarter) for glyph in word for area in (glyph.cell, glyph.ink)] for word in words]
    left, top, right, bottom = _around([area for word in areas for area in word])
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    a, b, c, d = (_turned(corner, -quarter) for corner in corners)
    spans, width = [_around(word) for word in areas], max(right - left, 1.0)
    return Segment(
        glyphs=tuple(run),
        text=" ".join("".join(glyph.char for glyph in word) for word in words),
        box=(a, b, c, d),
        words=tuple((round((start - left) / width, 4), round((end - left) / width, 4)) for start, _, end, _ in spans),
    )


def _words(run: Sequence[Glyph], quarter: int) -> Iterator[list[Glyph]]:
    word = [run[0]]
    for before, glyph in pairwise(run):
        if _are_two_words(before, glyph, quarter):
            yield word
            word = []
        word.append(glyph)
    yield word


def _around(areas: Sequence[Area]) -> Area:
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _are_two_words(before: Glyph, glyph: Glyph, quarter: int) -> bool:
    gap = _gap(before, glyph, quarter) / glyph.size_px
    apart = glyph.index - before.index
    if apart == 1:
        return False
    return gap > (_LEAST_SPACE if 1 < apart <= 4 else _WORD_GAP)


def _gap(before: Glyph, glyph: Glyph, quarter: int) -> float:
    return as_read(glyph.cell, quarter)[0] - as_read(before.cell, quarter)[2]


def _level(glyph: Glyph, quarter: int) -> float:
    return _turned(glyph.baseline, quarter)[1]


def as_read(area: Area, quarter: int) -> Area:
    """An area seen with its text running from left to right."""
    (a, b), (c, d) = _turned(area[:2], quarter), _turned(area[2:], quarter)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _turned(point: Point, quarters: int) -> Point:
    """Turn a point counterclockwise about the page's corner."""
    x, y = point
    return ((x, y), (y, -x), (-x, -y), (-y, x))[quarters % 4]
