"""Aligns a proposed line with its source, splits the difference into edits, and applies edits."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

_PIECES = re.compile(r"\s+|\w+|[^\w\s]")


class Span(Protocol):
    """Anything that puts `final` in the place of raw[start:end]."""

    @property
    def start(self) -> int:
        """First code point in the raw line."""
        ...

    @property
    def end(self) -> int:
        """Past the last code point in the raw line."""
        ...

    @property
    def final(self) -> str:
        """What stands there afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference between a line and what was proposed for it: whole words, spaces or marks."""

    start: int
    end: int
    raw: str
    final: str


def edits(raw: str, proposed: str) -> tuple[Edit, ...]:
    """Split the difference of two lines into edits that can be judged alone."""
    before, after = _PIECES.findall(raw), _PIECES.findall(proposed)
    starts = [0]
    for piece in before:
        starts.append(starts[-1] + len(piece))
    found = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "replace" and j - i == m - k:
            found += [_edit(starts, before, i + n, i + n + 1, after[k + n]) for n in range(j - i)]
        elif tag != "equal":
            found.append(_edit(starts, before, i, j, "".join(after[k:m])))
    return tuple(edit for edit in found if edit.raw != edit.final)


def _edit(starts: list[int], before: list[str], first: int, last: int, final: str) -> Edit:
    return Edit(starts[first], starts[last], "".join(before[first:last]), final)


def apply(raw: str, changes: Iterable[Span]) -> str:
    """Carry out changes on a line; they must not overlap."""
    text, at = [], 0
    for change in sorted(changes, key=lambda change: (change.start, change.end)):
        text += [raw[at : change.start], change.final]
        at = change.end
    return "".join([*text, raw[at:]])


def clashes(start: int, end: int, others: Iterable[Span]) -> bool:
    """Whether another edit has part of this stretch of the line."""
    return any(start == other.start or (start < other.end and other.start < end) for other in others)
