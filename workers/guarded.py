"""Guarded correction: the model writes freely, and each of its edits is judged."""

from collections.abc import Sequence

from jobs.contract import Recipe
from jobs.result import Change
from workers.correction.doubt import in_doubt
from workers.correction.guard import judge_answer
from workers.correction.lexicon import Lexicon
from workers.correction.line import Verdict
from workers.llm import LanguageModel, RequestTooLong
from workers.llm.prompt import correction_chat, numbered, read_answer
from workers.ocr import OcrLine

#: Lines of one question: more lose a small model's count, fewer cost a prompt each.
LINES_PER_QUESTION = 12


def rewrite(
    lines: Sequence[OcrLine],
    settled: Sequence[tuple[Change, ...]],
    lexicon: Lexicon,
    recipe: Recipe,
    model: LanguageModel,
) -> list[Verdict]:
    """For each line, what changes, what was refused, and whether the model was asked about it."""
    verdicts: list[Verdict] = [((), (), False)] * len(lines)
    sent = [at for at, line in enumerate(lines) if in_doubt(line.text, line.confidence, line.alternatives, lexicon)]
    for first in range(0, len(sent), LINES_PER_QUESTION):
        places = sent[first : first + LINES_PER_QUESTION]
        answers = _ask([lines[at].text for at in places], recipe, model)
        for at, answer in zip(places, answers, strict=True):
            changes, refusals = judge_answer(lines[at].text, answer, settled[at], lexicon) if answer else ((), ())
            verdicts[at] = (changes, refusals, True)
    return verdicts


def _ask(texts: list[str], recipe: Recipe, model: LanguageModel) -> tuple[str | None, ...]:
    """Ask about some lines; where they are too long for the model, about half of them at a time, and at last none."""
    draft = numbered(texts)
    try:
        answer = model.complete(correction_chat(recipe.prompt, texts), draft=draft, max_tokens=64 + len(draft))
    except RequestTooLong:
        half = len(texts) // 2
        return (*_ask(texts[:half], recipe, model), *_ask(texts[half:], recipe, model)) if half else (None,)
    return read_answer(answer.text, len(texts))
