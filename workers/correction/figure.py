"""Finds the figures of a line: everything that must not change without a witness."""

import re
from dataclasses import dataclass

from workers.correction.amount import CURRENCY, GROUP, NUMBER, UNIT
from workers.correction.date import DATE, TIME
from workers.correction.identifier import BIC, CNPJ, CPF, GTIN, IBAN, NIF, VAT_ID

_SIGN = r"(?:(?<![\w.,)])[-+−–])?"
_DECIMAL = rf"(?:\d{{1,3}}(?:{GROUP}\d{{3}})+|\d+)[.,](?:\d{{2}}|\d{{4}})"
#: The first that matches wins. Together they hold every digit and every currency symbol of a line.
_KINDS = (
    ("iban", IBAN),
    ("bic", BIC),
    ("vat_id", VAT_ID),
    ("nif", NIF),
    ("cnpj", CNPJ),
    ("cpf", CPF),
    ("date", DATE),
    ("time", TIME),
    ("phone", r"(?<!\w)(?:\+|00)\d{1,3}(?:[ ./()-]{0,2}\d{1,5}){2,7}(?![\w,])"),
    ("percentage", rf"(?<![\w.,]){_SIGN}{NUMBER}\s?%"),
    ("amount", rf"\(?{_SIGN}{CURRENCY}\s?{_SIGN}{NUMBER}(?:-(?!\w))?\)?(?!\w|[.,]+\w)"),
    ("amount", rf"(?<![\w.,'/-])\(?{_SIGN}{NUMBER}(?:-(?!\w))?\s?{CURRENCY}\)?"),
    ("amount", rf"(?<![\w.,'/-])\(?{_SIGN}{_DECIMAL}(?:-(?!\w))?\)?(?![\w/]|[.,]+\d)"),
    ("quantity", rf"(?<![\w.,]){_SIGN}{NUMBER}\s?{UNIT}(?!\w)"),
    ("gtin", GTIN),
    ("number", rf"(?<![\w.,'/-]){_SIGN}{NUMBER}(?![\w/-]|[.,'’]+\w)"),
    ("code", r"(?<!\w)(?:[^\W\d_]+[-/_.]?)?\d\w*(?:[-/_.,:'’]+\w+)*"),
    ("number", r"\d+"),
    ("currency", CURRENCY),
)
_PATTERN = re.compile("|".join(f"(?P<k{at}>{pattern})" for at, (_, pattern) in enumerate(_KINDS)))


@dataclass(frozen=True, slots=True)
class Token:
    """A figure in a line."""

    start: int  # code points
    end: int
    kind: str
    text: str


def tokenize(text: str) -> tuple[Token, ...]:
    """Every figure of a line, in order. Each digit of the line is in exactly one of them."""
    return tuple(
        Token(found.start(), found.end(), _KINDS[int(found.lastgroup[1:])][0], found.group())
        for found in _PATTERN.finditer(text)
        if found.lastgroup
    )
