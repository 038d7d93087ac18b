"""How a country writes money, numbers and dates, and the language its invoices speak."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "data" / "words.toml"


@dataclass(frozen=True)
class Country:
    """The notation of one country; `pattern` places the sign, `day` is a strftime pattern."""

    code: str
    language: str
    currency: str
    pattern: str
    group: str
    decimal: str
    day: str
    tax: str
    tax_id: str

    @property
    def words(self) -> "Words":
        """The fixed wording of this country's language."""
        return Words(self.language, self.code)

    def number(self, value: Decimal) -> str:
        """A number in local notation, with its own decimal places."""
        return f"{value:,f}".translate({ord(","): self.group, ord("."): self.decimal})

    def money(self, value: Decimal) -> str:
        """An amount with the currency's sign, with its own decimal places."""
        return self.pattern.format(self.number(value))

    def date(self, value: date) -> str:
        """A date as this country writes it."""
        return value.strftime(self.day)


class Words:
    """Access to `data/words.toml` in one language, with the country's own words where it has some."""

    def __init__(self, language: str, country: str) -> None:
        self._table = _tables()[language] | _tables().get(country, {})

    def __getitem__(self, key: str) -> str:
        return str(self._table[key])

    @property
    def months(self) -> list[str]:
        """The initials of the twelve months."""
        return list(self._table["months"])


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


COUNTRIES = {
    country.code: country
    for country in (
        Country("US", "en", "USD", "${}", ",", ".", "%m/%d/%Y", "Sales tax", "EIN"),
        Country("GB", "en", "GBP", "£{}", ",", ".", "%d/%m/%Y", "VAT", "VAT reg. no."),
        Country("DE", "de", "EUR", "{} €", ".", ",", "%d.%m.%Y", "USt.", "USt-IdNr."),
        Country("FR", "fr", "EUR", "{} €", " ", ",", "%d/%m/%Y", "TVA", "N° TVA"),
        Country("PT", "pt", "EUR", "{} €", ".", ",", "%d-%m-%Y", "IVA", "NIF"),
        Country("BR", "pt", "BRL", "R$ {}", ".", ",", "%d/%m/%Y", "Imposto", "CNPJ"),
    )
}
