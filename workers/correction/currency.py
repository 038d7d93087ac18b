"""Tells the document's currency: signs are misread too, `€` for `£` and `5` for `$`."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from jobs.result import Figure
from workers.correction.amount import CURRENCY

_SIGN = re.compile(CURRENCY)
#: What a currency sign before an amount is misread as.
_LOOKS_LIKE = {"$": "5S8", "£": "E1€6", "€": "E6£"}
#: Codes of the currencies that a sign stands for.
_CODES = {"$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"}, "£": {"GBP"}, "€": {"EUR"}}
#: So many amounts must begin with the sign, and this share of those that begin with any.
_LEAST, _SHARE = 4, 0.6
#: So many amounts without a sign for each with one leave a sign alone among them.
_BARE = 4


def document_prefix(figures: Iterable[Figure]) -> str:
    """The sign that the document's amounts begin with; "" if there is none."""
    firsts = (figure.final[0] for figure in figures if figure.kind == "amount")
    return _usual(Counter(first for first in firsts if first in _LOOKS_LIKE))


def signed(text: str, prefix: str) -> str | None:
    """The amount with its first character read as the document's sign; None where that can't be."""
    if prefix and text[:1] in _LOOKS_LIKE[prefix] and text[1:2].isdigit():
        return prefix + text[1:]
    return None


def foreign_signs(figures: Sequence[Figure], mark: str) -> frozenset[str]:
    """Signs of no currency that the document names by its code; where it names none, all but its usual sign.

    Where it has none, and amounts with a decimal comma and no sign, nobody writes `$` or `£` before one of them.
    """
    named = Counter(found for figure in figures for found in _SIGN.findall(figure.final))
    if named.keys() & set().union(*_CODES.values()):
        return frozenset(sign for sign, codes in _CODES.items() if not codes & named.keys())
    usual = _usual(Counter({sign: named[sign] for sign in _CODES}))
    if usual:
        return frozenset(_CODES) - {usual}
    bare = [figure for figure in figures if figure.kind == "amount" and not _SIGN.search(figure.final)]
    return frozenset("$£") if mark == "," and len(bare) >= max(_LEAST, _BARE * named.total()) else frozenset()


def _usual(signs: Counter[str]) -> str:
    """The sign that stands often enough, and far more often than any other; "" if there is none."""
    (sign, count), *_ = signs.most_common(1) or [("", 0)]
    return sign if count >= _LEAST and count >= _SHARE * signs.total() else ""


def complaint(figure: Figure, prefix: str, foreign: frozenset[str]) -> str | None:
    """Why the sign of an amount looks wrong in a document whose amounts begin with `prefix`.

    `$29,87` for `529,87` in an invoice that names EUR alone begins with one of the signs that are `foreign` to it.
    """
    if figure.kind == "amount" and figure.final[0] in _LOOKS_LIKE.keys() - {prefix}:
        if figure.final[0] in foreign:
            return "another currency than the document's"
        if any(reading[0].isdigit() for reading, _ in figure.readings):
            return "its currency sign may be a digit"
    if not prefix or figure.kind not in ("amount", "code") or not re.search(r"[.,]\d\d\b", figure.final):
        return None
    found = _SIGN.search(figure.final)
    if found and found.group() != prefix:
        return "another currency than the document's"
    return "its currency sign is missing or misread" if not found and signed(figure.final, prefix) else None
