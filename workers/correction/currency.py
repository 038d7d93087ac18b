"""Tells the document's currency: signs are misread too, `€` for `£` and `5` for `$`."""

import re
from collections import Counter
from collections.abc import Iterable

from jobs.result import Figure
from workers.correction.amount import CURRENCY

_SIGN = re.compile(CURRENCY)
#: What a currency sign before an amount is misread as.
_LOOKS_LIKE = {"$": "5S8", "£": "E1€6", "€": "E6£"}
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


def complaint(figure: Figure, prefix: str) -> str | None:
    """Why the sign of an amount looks wrong in a document whose amounts begin with `prefix`."""
    if not prefix or figure.kind not in ("amount", "code") or not re.search(r"[.,]\d\d\b", figure.final):
        return None
    found = _SIGN.search(figure.final)
    if found and found.group() != prefix:
        return "another currency than the rest"
    return "its currency sign is missing or misread" if not found and signed(figure.final, prefix) else None
