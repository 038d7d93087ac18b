"""Decides whether a suspect word is replaced: how common it is, what the engine saw, and what the model thinks."""

from collections.abc import Sequence

from jobs.result import Change, Refusal
from workers.correction.suspect import Suspect

#: Evidence in nats that a replacement needs, and that it must lead the next candidate by.
ENOUGH, LEAD = 3.0, 1.0
#: Short words have many neighbours: each letter below six asks for so much more.
PER_MISSING_LETTER = 1.0
#: How much one nat of the model's preference counts, and how many nats count at most.
MODEL_WEIGHT, MODEL_LIMIT = 0.5, 10.0


def variants(text: str, suspect: Suspect) -> tuple[str, ...]:
    """The line as it was read, then with each candidate in its place: what the model chooses among."""
    return (text, *(text[: suspect.start] + c.text + text[suspect.end :] for c in suspect.candidates))


def choose(suspect: Suspect, scores: Sequence[float] = ()) -> Change | Refusal | None:
    """Replace the word if one candidate is clearly better; `scores` are the model's for each of `variants`."""
    totals = [c.evidence + _preference(scores, at) for at, c in enumerate(suspect.candidates, 1)]
    best = max(range(len(totals)), key=totals.__getitem__)
    same = [c.text.casefold() == suspect.candidates[best].text.casefold() for c in suspect.candidates]
    final = next(c.text for c, is_same in zip(suspect.candidates, same, strict=True) if is_same)
    rest = [total for total, is_same in zip(totals, same, strict=True) if not is_same]
    place = {"start": suspect.start, "end": suspect.end, "raw": suspect.raw}
    place["source"] = "model" if scores else "rule"
    if totals[best] < ENOUGH + PER_MISSING_LETTER * max(0, 6 - len(suspect.raw)):
        return None
    if rest and totals[best] - max(rest) < LEAD:
        reason = "several words are as likely"
        return Refusal.model_validate({**place, "proposed": final, "reason": reason})
    return Change.model_validate({**place, "final": final, "witness": "model and lexicon" if scores else "lexicon"})


def _preference(scores: Sequence[float], at: int) -> float:
    if not scores:
        return 0.0
    return MODEL_WEIGHT * max(-MODEL_LIMIT, min(MODEL_LIMIT, scores[at] - scores[0]))
