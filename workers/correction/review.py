"""Gives each figure its last verdict: what vouches for it, or why a person must look at it."""

import re

from jobs.result import Figure
from workers.correction import currency, mark
from workers.correction.amount import parse
from workers.correction.claim import RULES
from workers.correction.line import UNSURE, digits_doubted
from workers.correction.notation import Notation

_SURELY = 0.998
_LETTER_IN_AMOUNT = re.compile(r"(?=.*[A-Za-z|!])[A-Za-z|!]?\d*[A-Za-z|!]?\d*[.,]\d*[A-Za-z|!]?\d?[A-Za-z|!]?")
#: Two marks in a row, or an apostrophe that parts no thousands.
_MARKS_IN_DISORDER = re.compile(r"[\d.,'’]*(?:\d[.,'’]{2,}\d|['’]\d{1,2}(?!\d))[\d.,'’]*")

#: `029,90 €` for `629,90 €`, `019.97` for `$19.97`.
_NOUGHT_BEFORE = re.compile(r"\D*0[.,'’ ]?\d[\d.,'’ ]*[.,]\d\d(?!\d)")


def review(
    figure: Figure, proof: str | None, failing: str | None, notation: Notation, foreign: frozenset[str]
) -> Figure:
    """`proof` and `failing` name an equation that vouches for the figure, and one that does not close with it."""
    if reason := _broken(figure, notation.mark) or currency.complaint(figure, notation.prefix, foreign):
        return figure.model_copy(update={"flag": reason})
    if proof:
        witness = figure.witness if figure.witness and proof in figure.witness else proof
        return figure.model_copy(update={"witness": witness, "flag": None})
    if _is_of_parts(figure) and digits_doubted(figure.raw, figure.readings):
        return figure.model_copy(update={"flag": UNSURE})
    if failing and not figure.witness and figure.confidence < _SURELY:
        says_more = figure.flag and figure.flag != UNSURE
        return figure.model_copy(update={"flag": figure.flag if says_more else f"{failing} does not close"})
    return figure


def _is_of_parts(figure: Figure) -> bool:
    """Whether what vouches for a figure does so for its mark or the digit that it changed, and for no more."""
    return bool(figure.witness) and set(str(figure.witness).split("; ")) <= {mark.WITNESS, *RULES}


def _broken(figure: Figure, document_mark: str) -> str | None:
    """What is wrong with a figure whatever vouches for its value."""
    if document_mark and mark.mark_of(figure) not in ("", document_mark):
        return "not the document's decimal mark"
    if figure.kind == "amount" and (parse(figure.final.strip("() ")) is None or _NOUGHT_BEFORE.match(figure.final)):
        return "no amount is written so"
    if figure.kind in ("code", "number") and _MARKS_IN_DISORDER.fullmatch(figure.final):
        return "no amount is written so"
    if figure.kind == "code" and figure.witness is None and _LETTER_IN_AMOUNT.fullmatch(figure.final):
        return "a letter stands in an amount"
    return None
