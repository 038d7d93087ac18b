"""Constrained correction: the model only chooses among what was read and its plausible misreadings."""

from collections.abc import Sequence

from jobs.result import Change, Refusal
from workers.correction.choice import choose, variants
from workers.correction.confusion import Confusions
from workers.correction.edit import clashes
from workers.correction.lexicon import Lexicon
from workers.correction.line import Verdict
from workers.correction.suspect import Suspect, suspects
from workers.llm import Choice, LanguageModel, RequestTooLong
from workers.ocr import OcrLine

#: Lines before the one in question that the model sees.
CONTEXT_LINES = 4


def choose_words(
    lines: Sequence[OcrLine],
    settled: Sequence[tuple[Change, ...]],
    lexicon: Lexicon,
    confusions: Confusions,
    model: LanguageModel | None,
) -> list[Verdict]:
    """For each line, what changes, what was refused, and whether the model was asked about it."""
    doubtful = [
        [
            suspect
            for suspect in _suspects(line, lexicon, confusions)
            if not clashes(suspect.start, suspect.end, repaired)
        ]
        for line, repaired in zip(lines, settled, strict=True)
    ]
    scores = iter(_scores(lines, doubtful, model))
    verdicts = []
    for found in doubtful:
        decided = [choose(suspect, next(scores, ())) for suspect in found]
        changes = tuple(each for each in decided if isinstance(each, Change))
        refusals = tuple(each for each in decided if isinstance(each, Refusal))
        verdicts.append((changes, refusals, bool(found and model)))
    return verdicts


def _suspects(line: OcrLine, lexicon: Lexicon, confusions: Confusions) -> tuple[Suspect, ...]:
    return suspects(line.text, lexicon, confusions, line.alternatives)


def _scores(
    lines: Sequence[OcrLine], doubtful: Sequence[Sequence[Suspect]], model: LanguageModel | None
) -> tuple[tuple[float, ...], ...]:
    choices = tuple(
        Choice(context=_context(lines, at), candidates=variants(lines[at].text, suspect))
        for at, found in enumerate(doubtful)
        for suspect in found
    )
    if not model or not choices:
        return ()
    try:
        return model.score(choices)
    except RequestTooLong:
        return tuple(_score(choice, model) for choice in choices)


def _score(choice: Choice, model: LanguageModel) -> tuple[float, ...]:
    """The scores of one choice; none where it is too long, and the lexicon decides alone."""
    try:
        return model.score((choice,))[0]
    except RequestTooLong:
        return ()


def _context(lines: Sequence[OcrLine], at: int) -> str:
    """The lines before; never empty."""
    # Of a text's very first token a small model knows nothing: SmolLM2-135M puts `Invoic` 7 nats before `Invoice`
    # there, and 20 behind it after a line break.
    return "".join(line.text + "\n" for line in lines[max(0, at - CONTEXT_LINES) : at]) or "\n"
