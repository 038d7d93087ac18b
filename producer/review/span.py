"""Cuts a line's text where something is to be shown: an edit, a figure that a person should look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jobs.result import LineResult


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to show about a piece of text: code points `start` to `end`."""

    start: int
    end: int
    kind: str  # changed, flagged
    note: str


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that is shown in one way."""

    text: str
    kinds: str  # of its marks, parted by a space; empty: nothing to show
    note: str


def before(line: LineResult) -> list[Span]:
    """The line as read, with what was changed marked."""
    marks = [Mark(each.start, each.end, "changed", f"written as {each.final!r}") for each in line.changes]
    return cut(line.raw, marks)


def after(line: LineResult) -> list[Span]:
    """The line as written, with what was changed and what is flagged marked."""
    flagged = [Mark(each.start, each.end, "flagged", each.flag) for each in line.figures if each.flag]
    return cut(line.text, [*_changed(line), *flagged])


def kind(line: LineResult) -> str:
    """How the line's place on the scan is shown."""
    if any(figure.flag for figure in line.figures):
        return "flagged"
    return "changed" if line.changes else ""


def cut(text: str, marks: Sequence[Mark]) -> list[Span]:
    """Cut a text at the borders of its marks, which may overlap."""
    borders = sorted({0, len(text), *(border for mark in marks for border in (mark.start, mark.end))})
    spans = []
    for start, end in pairwise(borders):
        here = [mark for mark in marks if mark.start <= start and end <= mark.end]
        kinds = " ".join(dict.fromkeys(mark.kind for mark in here))
        spans.append(Span(text[start:end], kinds, "; ".join(mark.note for mark in here)))
    return spans


def _changed(line: LineResult) -> Iterator[Mark]:
    """Where the edits stand in the final text: each moves what comes after it."""
    moved = 0
    for change in sorted(line.changes, key=lambda each: each.start):
        start = change.start + moved
        yield Mark(
            start, start + len(change.final), "changed", f"read as {change.raw!r}; vouched for by {change.witness}"
        )
        moved += len(change.final) - (change.end - change.start)
