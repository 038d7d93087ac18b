"""Judges one edit that a model proposed. What it says is recorded with the refusal, and a person reads it."""

import re

from rapidfuzz.distance import Levenshtein

from workers.correction.amount import has_currency
from workers.correction.edit import Edit
from workers.correction.figure import Token
from workers.correction.figure_word import swaps_figure_words
from workers.correction.lexicon import WORD, Lexicon

#: A line may change by this share of its characters at most, and grow or shrink by this share. Anchors: on BLN600
#: such bounds turned a tuned model's 18 % fewer errors into 48 %.
LINE_DISTANCE, LINE_LENGTH = 0.4, 0.3
#: A word may change by this share of its letters, but always by one.
WORD_DISTANCE = 0.34

FIGURE = "a figure would change without a witness"
CURRENCY = "a currency would change"

#: Marks that may be taken for each other. Never a minus, a bracket or a percent sign: they belong to figures.
_HARMLESS = set(".,:;'’‘`´\"“”„!?")
#: What is so short and so near to a figure, in characters, may be part of it: a sign, a currency, a side of an account.
_LONGEST_CODE, _BESIDE = 3, 2


def objection_to_line(raw: str, proposed: str) -> str | None:
    """Why a whole proposed line is out of the question; None where its edits may be judged."""
    if abs(len(proposed) - len(raw)) > max(2, LINE_LENGTH * len(raw)):
        return "the line's length changes too much"
    if Levenshtein.normalized_distance(raw, proposed) > LINE_DISTANCE:
        return "the line changes too much"
    return None


def objection(edit: Edit, figures: tuple[Token, ...], lexicon: Lexicon) -> str | None:
    """Why an edit must not be made; None where it may."""
    if has_currency(edit.raw) or has_currency(edit.final):
        return CURRENCY
    if any(char.isnumeric() for char in edit.raw + edit.final) or _touches(edit, figures):
        return FIGURE
    if not edit.raw.strip() and edit.final in ("", " "):
        return None
    return _objection_to_words(edit, lexicon)


def _touches(edit: Edit, figures: tuple[Token, ...]) -> bool:
    """Whether an edit changes a figure or what belongs to it: `- 100`, `KRW 100`, `50 zł`, `100 CR`, `3. Juni`."""
    short = min(len(edit.raw.strip()), len(edit.final.strip())) <= _LONGEST_CODE
    apart = _BESIDE if short else 0
    return any(figure.start <= edit.end + apart and edit.start <= figure.end + apart for figure in figures)


def _objection_to_words(edit: Edit, lexicon: Lexicon) -> str | None:
    before, after = WORD.findall(edit.raw), WORD.findall(edit.final)
    if not before and not after:
        one_for_one = len(edit.raw) == len(edit.final) == 1 and {edit.raw, edit.final} <= _HARMLESS
        return None if one_for_one else "marks would be added or lost"
    if not before or not after:
        return "words would be added or lost"
    letters = "".join(before), "".join(after)
    if Levenshtein.distance(*letters) > max(1, WORD_DISTANCE * len(letters[0])):
        return "the words change too much"
    if any(map(swaps_figure_words, before, after) if len(before) == len(after) else [swaps_figure_words(*letters)]):
        return FIGURE
    if (letters[0] != letters[1] or len(after) > len(before)) and all(lexicon.knows(word) for word in before):
        return "the word is right as it was read"
    if not all(lexicon.knows(word) for word in after):
        return "no such word is known"
    return None if _marks(edit.raw) == _marks(edit.final) else "marks would be added or lost"


def _marks(text: str) -> str:
    return re.sub(r"[\w\s]", "", text)
