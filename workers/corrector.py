"""Corrects a page: asks a model about its lines and lets `correction` decide what becomes of the answers."""

from collections import Counter
from collections.abc import Sequence

from jobs.contract import Recipe
from jobs.result import Change, LineResult
from workers.constrained import choose_words
from workers.correction.edit import clashes
from workers.correction.lexicon import WORD, Lexicon
from workers.correction.line import finish
from workers.correction.phrase import phrases
from workers.correction.repair import repairs
from workers.guarded import rewrite
from workers.llm import LanguageModel
from workers.ocr import OcrLine
from workers.vocabulary import load_confusions, load_lexicon, load_phrases

#: A word is the page's own when lines read this surely have it.
SURE = 0.99


def correct_page(
    lines: tuple[OcrLine, ...], recipe: Recipe, model: LanguageModel | None, lexicon: Lexicon | None = None
) -> tuple[LineResult, ...]:
    """Correct the lines of a page as the recipe says. Figures change by their own format or checksum only.

    Without a model, `constrained` decides by the lexicon alone and `guarded` only mends figures.

    Raises:
        EngineUnavailable: the model could not be asked.
    """
    if recipe.mode == "off":
        return tuple(finish(line.text, line.box, line.confidence, readings=line.alternatives) for line in lines)
    lexicon = (lexicon or load_lexicon()).for_page(
        [line.text for line in lines], _own_words(lines) | set(recipe.words.split())
    )
    settled = [_settled(line, lexicon, _before(lines, at)) for at, line in enumerate(lines)]
    if recipe.mode == "constrained":
        verdicts = choose_words(lines, settled, lexicon, load_confusions(), model)
    else:
        verdicts = rewrite(lines, settled, lexicon, recipe, model) if model else [((), (), False)] * len(lines)
    return tuple(
        finish(line.text, line.box, line.confidence, changes=(*repaired, *changes), refusals=refusals, asked=asked,
               readings=line.alternatives)
        for line, repaired, (changes, refusals, asked) in zip(lines, settled, verdicts, strict=True)
    )  # fmt: skip


def _settled(line: OcrLine, lexicon: Lexicon, context: str) -> tuple[Change, ...]:
    """What needs no model: figures that their own form settles, and phrases that are always misread so."""
    figures = repairs(line.text, lexicon, load_confusions(), context=context, seen=line.alternatives)
    rules = [change for change in phrases(line.text, load_phrases()) if not clashes(change.start, change.end, figures)]
    return (*figures, *rules)


def _before(lines: Sequence[OcrLine], at: int) -> str:
    return lines[at - 1].text if at else ""


def _own_words(lines: Sequence[OcrLine]) -> frozenset[str]:
    """Words that recur on the page in lines read surely, names above all. Once is not enough: errors are sure too."""
    seen = Counter(word for line in lines if line.confidence >= SURE for word in WORD.findall(line.text))
    return frozenset(word for word, count in seen.items() if count > 1 and len(word) > 3)
