"""Tells the document's currency: signs are misread too, `€` for `£` and `5` for `$`."""

import re
from collections import Counter
from collections.abc import Iterable

from jobs.result import Figure
from workers.correction.amount import CURRENCY

_SIGN = re.compile(CURRENCY)
#: What a currency sign before an amount is misread as.
_LOOKS_LIKE = {"$": "5S8", "£": "E1€6", "€": "E6£"}
#: Codes of the currencies that a sign stands for.
_CODES = {"$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"}, "£": {"GBP"}, "€": {"EUR"}}
#: So many amounts must begin with the sign, and this share of those that begin with any.
_LEAST, _SHARE = 4, 0.6


def document_prefix(figures: Iterable[Figure]) -> str:
    """The sign that the document's amounts begin with; "" if there is none."""
    signs = Counter(figure.final[0] for figure in figures if figure.kind == "amount" and figure.final[0] in _LOOKS_LIKE)
    sign, count = signs.most_common(1)[0] if signs else ("", 0)
    return sign if count >= _LEAST and count >= _SHARE * signs.total() else ""


def signed(text: str, prefix: str) -> str | None:
    """The amount with its first character read as the document's sign; None where that can't be."""
    if prefix and text[:1] in _LOOKS_LIKE[prefix] and text[1:2].isdigit():
        return prefix + text[1:]
    return None


def foreign_signs(figures: Iterable[Figure]) -> frozenset[str]:
    """Signs of no currency that the document names by its code; none where it names none."""
    named = {found for figure in figures for found in _SIGN.findall(figure.final)}
    if not named & set().union(*_CODES.values()):
        return frozenset()
    return frozenset(sign for sign, codes in _CODES.items() if not codes & named)


def complaint(figure: Figure, prefix: str, foreign: frozenset[str]) -> str | None:
    """Why the sign of an amount looks wrong in a document whose amounts begin with `prefix`.

    `$29,87` for `529,87` in an invoice that names EUR alone begins with one of the signs that are `foreign` to it.
    """
    if figure.kind == "amount" and figure.final[0] in foreign - {prefix}:
        return "another currency than the document names"
    if not prefix or figure.kind not in ("amount", "code") or not re.search(r"[.,]\d\d\b", figure.final):
        return None
    found = _SIGN.search(figure.final)
    if found and found.group() != prefix:
        return "another currency than the rest"
    return "its currency sign is missing or misread" if not found and signed(figure.final, prefix) else None
