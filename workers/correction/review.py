"""Gives each figure its last verdict: what vouches for it, or why a person must look at it."""

import re

from jobs.result import Figure
from workers.correction import currency, mark
from workers.correction.amount import parse
from workers.correction.line import UNSURE
from workers.correction.notation import Notation

_SURELY = 0.998
_LETTER_IN_AMOUNT = re.compile(r"(?=.*[A-Za-z|!])[A-Za-z|!]?\d*[A-Za-z|!]?\d*[.,]\d*[A-Za-z|!]?\d?[A-Za-z|!]?")
#: Two marks in a row, or an apostrophe that parts no thousands.
_MARKS_IN_DISORDER = re.compile(r"[\d.,'’]*(?:\d[.,'’]{2,}\d|['’]\d{1,2}(?!\d))[\d.,'’]*")


def review(
    figure: Figure, closing: str | None, failing: str | None, notation: Notation, foreign: frozenset[str]
) -> Figure:
    """`closing` and `failing` name an equation of the document that the figure is part of."""
    if reason := _broken(figure, notation.mark) or currency.complaint(figure, notation.prefix, foreign):
        return figure.model_copy(update={"flag": reason})
    if closing:
        witness = figure.witness if figure.witness and closing in figure.witness else closing
        return figure.model_copy(update={"witness": witness, "flag": None})
    if figure.witness == mark.WITNESS and mark.digits_doubted(figure):  # the mark is vouched for, its digits are not
        return figure.model_copy(update={"flag": UNSURE})
    if failing and not figure.witness and figure.confidence < _SURELY:
        return figure.model_copy(update={"flag": figure.flag or f"{failing} does not close"})
    return figure


def _broken(figure: Figure, document_mark: str) -> str | None:
    """What is wrong with a figure whatever vouches for its value."""
    if document_mark and mark.mark_of(figure) not in ("", document_mark):
        return "not the document's decimal mark"
    if figure.kind == "amount" and parse(figure.final.strip("() ")) is None:
        return "no amount is written so"
    if figure.kind in ("code", "number") and _MARKS_IN_DISORDER.fullmatch(figure.final):
        return "no amount is written so"
    if figure.kind == "code" and figure.witness is None and _LETTER_IN_AMOUNT.fullmatch(figure.final):
        return "a letter stands in an amount"
    return None
