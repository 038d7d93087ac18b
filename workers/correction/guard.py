"""Decides what of a model's free answer is applied to a line."""

from jobs.result import Change, Refusal
from workers.correction.edit import clashes, edits
from workers.correction.figure import tokenize
from workers.correction.judge import objection, objection_to_line
from workers.correction.lexicon import Lexicon


def judge_answer(
    raw: str, proposed: str, settled: tuple[Change, ...], lexicon: Lexicon
) -> tuple[tuple[Change, ...], tuple[Refusal, ...]]:
    """Split an answer into edits and judge each. `settled` are the figures' repairs, which stand whatever it says."""
    if reason := objection_to_line(raw, proposed):
        return (), (Refusal(start=0, end=len(raw), raw=raw, proposed=proposed, source="model", reason=reason),)
    figures, changes, refusals = tokenize(raw), [], []
    for edit in edits(raw, proposed):
        if clashes(edit.start, edit.end, settled):
            continue
        place = {"start": edit.start, "end": edit.end, "raw": edit.raw, "source": "model"}
        if reason := objection(edit, figures, lexicon):
            if edit.raw.strip() or edit.final.strip():  # of a space beside a figure nobody needs to hear
                refusals.append(Refusal.model_validate({**place, "proposed": edit.final, "reason": reason}))
        else:
            changes.append(Change.model_validate({**place, "final": edit.final, "witness": "model"}))
    return tuple(changes), tuple(refusals)
