"""Builds a line's result from its edits, with the audit of its figures."""

from collections.abc import Sequence

from jobs.result import Box, Change, Figure, LineResult, Refusal
from workers.correction.confusion import Readings
from workers.correction.date import exists, is_time
from workers.correction.edit import apply
from workers.correction.figure import Token, tokenize
from workers.correction.glyph import digits
from workers.correction.identifier import checksum, holds

#: A figure read less surely than this is shown to a person, unless something vouches for it.
#: Of 90 scans: at 0.7 half of the wrong figures on medium pages had no flag, at 0.9 a quarter of the right ones on
#: heavy pages had one.
SURE = 0.75
#: Money is shown where the engine gave one of its digits another reading with this probability: of 90 scans that is
#: 4 right amounts in 2,700 figures, and every wrong amount of the 50 that nothing else flags.
DOUBTED_DIGIT = 0.1
_MONEY = {"amount", "percentage"}
_PLAINLY = 0.998
#: What may be lost in a figure; nothing is ``, a mere other reading of a character.
_MARKS = ("", ".", ",")
_LOST_IN_FIGURES = frozenset([*_MARKS, *"0123456789"])
#: What such a figure is flagged with.
UNSURE = "read unsurely"
_MOST_READINGS = 6

#: What changes in a line, what was refused, and whether the model was asked about it.
Verdict = tuple[tuple[Change, ...], tuple[Refusal, ...], bool]


def finish(
    raw: str,
    box: Box,
    confidence: float,
    *,
    changes: Sequence[Change] = (),
    refusals: Sequence[Refusal] = (),
    asked: bool = False,
    exact: bool = False,
    readings: Sequence[Readings] = (),
) -> LineResult:
    """Apply the changes and audit the figures. `readings` are what else the engine saw for each character."""
    text = apply(raw, changes)
    return LineResult(
        raw=raw,
        text=text,
        box=box,
        confidence=confidence,
        exact=exact,
        asked=asked,
        changes=tuple(sorted(changes, key=lambda change: change.start)),
        refusals=tuple(refusals),
        figures=tuple(_audit(raw, token, changes, readings, confidence) for token in tokenize(text)),
        flags=tuple(sorted({refusal.reason for refusal in refusals})),
    )


def _audit(
    raw: str, token: Token, changes: Sequence[Change], readings: Sequence[Readings], confidence: float
) -> Figure:
    start, end = origin(token.start, changes), origin(token.end, changes, after=True)
    repair = next((c for c in changes if c.source == "figure" and c.start < end and start < c.end), None)
    seen = _of_figure(readings[start:end])
    surely = min(1 - sum(p for _, p in each) for each in seen) if seen else confidence
    witness = repair.witness if repair else _own_witness(token)
    others = () if repair else _readings(raw[start:end], seen)
    return Figure(
        start=token.start,
        end=token.end,
        kind=token.kind,
        raw=raw[start:end],
        final=token.text,
        confidence=round(surely, 4),
        witness=witness,
        flag=None if witness else _complaint(token, surely, others),
        readings=others,
    )


def _of_figure(seen: Sequence[Readings]) -> list[Readings]:
    """What the engine saw in a figure's characters, and what it may have lost between them: digits and marks."""
    inside = [tuple(each for each in readings if each[0][1:] in _LOST_IN_FIGURES) for readings in seen]
    return [
        *inside[:-1],
        *(tuple(each for each in readings if each[0][1:] not in _MARKS[1:]) for readings in inside[-1:]),
    ]


def _readings(raw: str, seen: Sequence[Readings]) -> tuple[tuple[str, float], ...]:
    """Other readings of the whole figure by the engine, one character at a time, likeliest first.

    A mark may have been lost behind a digit, but no digit: that makes another figure, which no witness can tell.
    """
    found = [
        (raw[:at] + other + raw[at + 1 :], p)
        for at, each in enumerate(seen)
        for other, p in each
        if other[1:] in _MARKS
    ]
    return tuple(sorted(found, key=lambda reading: -reading[1])[:_MOST_READINGS])


def origin(at: int, changes: Sequence[Change], *, after: bool = False) -> int:
    """Where in the raw line a place of the final line was."""
    shift = 0
    for change in sorted(changes, key=lambda change: change.start):
        start = change.start + shift
        end = start + len(change.final)
        if at <= start and not (after and at == start < end):
            break
        if at < end or (at == end and after):
            return change.end if after else change.start
        shift += len(change.final) - (change.end - change.start)
    return at - shift


def _own_witness(token: Token) -> str | None:
    rule = checksum(token.kind)
    return rule if rule and holds(token.kind, token.text) else None


def _complaint(token: Token, surely: float, others: Readings) -> str | None:
    if (rule := checksum(token.kind)) and token.kind != "gtin":  # other numbers have 13 digits too
        return f"{rule} fails" + (", though read surely" if surely > _PLAINLY else "")
    if token.kind == "date" and not exists(token.text):
        return "no such date"
    if token.kind == "time" and not is_time(token.text):
        return "no such time"
    if token.kind != "currency" and surely < SURE:
        return UNSURE
    return UNSURE if token.kind in _MONEY and digits_doubted(token.text, others) else None


def digits_doubted(text: str, others: Readings) -> bool:
    """Whether the engine gave a figure another reading with other digits, and believed it enough."""
    return any(p >= DOUBTED_DIGIT and digits(reading) != digits(text) for reading, p in others)
