"""Revises a line's result: a figure changes, everything else stays as it was decided."""

from jobs.result import Change, Figure, LineResult
from workers.correction.line import origin


def revise(line: LineResult, at: int, final: str, witness: str) -> LineResult:
    """Put another reading in the place of figure `at`. A line that is exact or has a wider change there stays."""
    if line.exact:
        return line
    figure = line.figures[at]
    start, end = origin(figure.start, line.changes), origin(figure.end, line.changes, after=True)
    inside = [change for change in line.changes if start <= change.start and change.end <= end]
    others = [change for change in line.changes if change not in inside]
    if any(change.start < end and start < change.end for change in others):
        return line
    vouchers = "; ".join(dict.fromkeys([*(change.witness for change in inside), witness]))
    change = Change(start=start, end=end, raw=line.raw[start:end], final=final, source="figure", witness=vouchers)
    return line.model_copy(
        update={
            "text": line.text[: figure.start] + final + line.text[figure.end :],
            "changes": tuple(sorted([*others, change], key=lambda each: each.start)),
            "figures": tuple(_moved(each, figure, final, vouchers) for each in line.figures),
        }
    )


def rewrite(line: LineResult, start: int, end: int, final: str, witness: str) -> LineResult:
    """Put another word in the place of text[start:end], which touches no figure."""
    first, last = origin(start, line.changes), origin(end, line.changes, after=True)
    inside = [change for change in line.changes if first <= change.start and change.end <= last]
    others = [change for change in line.changes if change not in inside]
    if any(change.start < last and first < change.end for change in others):
        return line
    change = Change(start=first, end=last, raw=line.raw[first:last], final=final, source="rule", witness=witness)
    shift = len(final) - (end - start)
    return line.model_copy(
        update={
            "text": line.text[:start] + final + line.text[end:],
            "changes": tuple(sorted([*others, change], key=lambda each: each.start)),
            "figures": tuple(
                each.model_copy(update={"start": each.start + shift, "end": each.end + shift})
                if each.start >= end
                else each
                for each in line.figures
            ),
        }
    )


def _moved(each: Figure, revised: Figure, final: str, witness: str) -> Figure:
    shift = len(final) - (revised.end - revised.start)
    if each is revised:
        return each.model_copy(update={"end": each.end + shift, "final": final, "witness": witness, "flag": None})
    if each.start >= revised.end:
        return each.model_copy(update={"start": each.start + shift, "end": each.end + shift})
    return each
