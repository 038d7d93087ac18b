"""Owns the identifiers that carry a checksum: which text claims to be one, and whether it holds."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import stdnum.br.cnpj
import stdnum.br.cpf
import stdnum.ean
import stdnum.eu.vat
import stdnum.gb.vat
import stdnum.iban
import stdnum.pt.nif

IBAN = (
    r"(?<!\w)(?![A-Z]{2}\d\dZZZ)(?=(?:[ ]?\w){15})[A-Z]{2}[0-9OIlSBZ]{2}(?:[ ]?(?=[A-Za-z]{0,3}\d)[A-Z0-9l]{4}){2,7}"
    r"(?:[ ]?(?=[A-Z]{0,2}\d)[A-Z0-9l]{1,4})?(?!\w)"
)
_COUNTRIES = "ATU|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK"
VAT_ID = rf"(?<!\w)(?:{_COUNTRIES})[ ]?(?=\w{{0,3}}\d{{5}})[A-Z0-9Oo]{{8,12}}(?!\w)"
_SEPA = "AD|AT|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GB|GI|GR|HR|HU|IE|IS|IT|LI|LT|LU|LV|MC|MT|NL|NO|PL|PT|RO|SE|SI|SK|SM|VA"
#: A bank: 4 letters, its country, 2 more, and perhaps 3 for a branch. No checksum; but no word that could be mended.
BIC = rf"(?<!\w)[A-Z]{{4}}(?:{_SEPA}|BR|US|CA)[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?(?!\w)"
NIF = r"(?:(?<=NIF )|(?<=NIF: )|(?<=NIF:)|(?<=NIPC )|(?<=NIPC: )|(?<=Contribuinte: ))[\dOIlSB]{9}(?!\w)"
CNPJ = r"(?<!\d)\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?!\d)"
CPF = r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)"
GTIN = r"(?<![\d.,])\d{13}(?![\d.,])"


#: By kind, the rule as a witness is recorded, and its check.
_CHECKS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "iban": ("iban mod 97", stdnum.iban.is_valid),
    "vat_id": (
        "vat id check digit",
        lambda text: (stdnum.gb.vat if text.startswith("GB") else stdnum.eu.vat).is_valid(text),
    ),
    "cnpj": ("cnpj check digits", stdnum.br.cnpj.is_valid),
    "cpf": ("cpf check digits", stdnum.br.cpf.is_valid),
    "nif": ("nif check digit", stdnum.pt.nif.is_valid),
    "gtin": ("gtin check digit", stdnum.ean.is_valid),
}


def checksum(kind: str) -> str | None:
    """The rule of a kind of figure, as a witness is recorded; None where it has none."""
    return _CHECKS[kind][0] if kind in _CHECKS else None


@lru_cache(maxsize=4096)
def holds(kind: str, text: str) -> bool:
    """Whether the checksum of an identifier holds."""
    return kind in _CHECKS and bool(_CHECKS[kind][1](text))
