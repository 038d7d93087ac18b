"""Owns what an amount is: every usual notation, and its value."""

import re
from dataclasses import dataclass
from decimal import Decimal

#: All of Unicode's, as in a class of a regular expression.
_SYMBOLS = "$¢-¥֏؋߾߿৲৳৻૱௹฿៛₠-⃏꠸﷼﹩＄￠￡￥￦"
_CODES = "EUR|USD|GBP|CHF|BRL|JPY|CNY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|RON|TRY|INR|MXN|ZAR|AED|SGD|HKD|NZD"
CURRENCY = rf"(?:R\$|US\$|[{_SYMBOLS}]|(?<![A-Z])(?:{_CODES})(?![A-Z]))"
#: What parts thousands: . , ' ’ and the spaces of French notation.
GROUP = r"[.,'’ \u00a0\u2007\u2009\u202f]"
#: Thousands, lakhs and crores as India writes them: 1,23,45,678.
_INDIAN = r"\d{1,2}(?:,\d\d)+,\d{3}(?![\d,])"
NUMBER = rf"(?:{_INDIAN}|\d{{1,3}}(?:{GROUP}\d{{3}})+(?!\d)|\d+)(?:[.,]\d{{1,4}}(?!\d))?"
#: What stands behind a quantity.
UNIT = r"(?:[kmc]?m[²³23]?|[km]?g|[mc]?l|L|kWh?|Wh|h|Stk|St|Std|pcs?|x|[GMTk]B|dpi|°C)"
_BEHIND = re.compile(rf"\s?(?:%|(?i:{UNIT}))$")
#: Longer numbers are no amounts, and a hostile page is full of them.
_LONGEST = 24
_PLAIN = re.compile(
    rf"(?P<whole>(?!0)\d{{1,3}}(?P<group>{GROUP})\d{{3}}(?:(?P=group)\d{{3}})*|\d+|{_INDIAN})"
    r"(?:(?P<mark>[.,])(?P<fraction>\d{1,4}))?"
)
_DRESSED = re.compile(
    rf"(?P<open>\()?\s*{CURRENCY}?\s*(?P<sign>[-+−–])?\s*{CURRENCY}?\s*(?P<number>\d(?:(?:\d|{GROUP})*\d)?)"
    rf"\s*(?P<after>[-−–])?\s*(?:{CURRENCY}|%)?\s*(?P<close>\))?\s*(?P<side>CR|DR)?"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it stands on the page."""

    value: Decimal
    mark: str  # the decimal separator, "" where there is none
    decimals: int


def parse(text: str, decimal_mark: str = "") -> Amount | None:
    """Read an amount; None where the text is none, such as `1.23.4` or `1O0`.

    `decimal_mark` is the document's own; it settles what could be read both ways (`1.234`).
    """
    dressed = _DRESSED.fullmatch(text.strip())
    if not dressed or bool(dressed["open"]) != bool(dressed["close"]):
        return None
    number = _PLAIN.fullmatch(dressed["number"])
    if not number or (number["mark"] and number["mark"] == number["group"]) or len(number[0]) > _LONGEST:
        return None
    whole, mark, fraction = number["whole"], number["mark"] or "", number["fraction"] or ""
    if decimal_mark and not mark and whole.count(decimal_mark) == 1:
        whole, mark, fraction = whole.partition(decimal_mark)
    value = Decimal("".join(filter(str.isdigit, whole)) + (f".{fraction}" if fraction else ""))
    minus = dressed["sign"] not in (None, "+") or dressed["after"] or dressed["open"]
    return Amount(-value if minus else value, mark, len(fraction))


def parse_with_unit(text: str, decimal_mark: str = "") -> Amount | None:
    """Read an amount, or a number with a percent sign or a unit behind it: `19 %`, `2.984 kWh`, `129 m3`."""
    return parse(_BEHIND.sub("", text), decimal_mark)


def has_currency(text: str) -> bool:
    """Whether a currency symbol or code stands in the text."""
    return re.search(CURRENCY, text) is not None
