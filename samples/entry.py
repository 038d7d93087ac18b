"""Makes an invoice of its entry in `data/documents.toml`: numbers, dates and quantities by chance."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

from samples.country import COUNTRIES
from samples.identifier import account, digits, tax_number
from samples.invoice import Invoice, Item

HOURS = {"h", "Std"}
MONTHS = {"Monat", "mês"}
METERED = {"kWh": (900, 3600), "m3": (60, 180)}
#: What is bought by the dozen.
BULK = {"ex.", "Pck", "Seiten"}


def invoice_of(entry: Mapping[str, Any], rng: Random) -> Invoice:
    """An invoice after `entry`; the same `rng` gives the same invoice."""
    country = COUNTRIES[entry["country"]]
    issued = date(2026, 1, 12) + timedelta(days=rng.randrange(280))
    begin = issued - timedelta(days=365 if entry["layout"] == "utility" else rng.randrange(9, 15))
    return Invoice(
        country=country,
        number=f"{rng.choice(('', 'R', 'INV-', 'A/'))}{issued.year}-{digits(rng, 5)}",
        customer=digits(rng, 6),
        issued=issued,
        due=issued + timedelta(days=rng.choice((14, 21, 30))),
        begin=begin,
        end=issued - timedelta(days=rng.randrange(1, 4)),
        seller=tuple(entry["seller"]),
        buyer=tuple(entry["buyer"]),
        phone=entry["phone"],
        mail=entry["mail"],
        tax_number=tax_number(country.code, rng),
        iban=account(country.code, rng),
        items=tuple(_items(entry, begin, rng)),
        reading=rng.randrange(11_000, 64_000),
        accent=entry["accent"],
    )


def _items(entry: Mapping[str, Any], begin: date, rng: Random) -> list[Item]:
    choice = [
        (f"{description}, {variant}" if variant else description, unit, price, rate)
        for (description, unit, price, rate), variant in product(entry["goods"], entry.get("variants", [""]))
    ]
    chosen = sorted(rng.sample(range(len(choice)), min(entry["lines"], len(choice))))
    items = [_item(*choice[index], begin, rng) for index in chosen]
    return sorted(items, key=lambda item: item.day) if entry["layout"] == "hotel" else items


def _item(description: str, unit: str, price: str, rate: str, begin: date, rng: Random) -> Item:
    base = Decimal(price)
    varied = (base * rng.randrange(90, 116) / 100).quantize(base)
    day = begin + timedelta(days=rng.randrange(0, 4))
    return Item(description, _quantity(unit, rng), unit, varied, Decimal(rate), day)


def _quantity(unit: str, rng: Random) -> Decimal:
    if unit in HOURS:
        return Decimal(rng.randrange(4, 60)) / 4
    if unit in METERED:
        return Decimal(rng.randrange(*METERED[unit]))
    if unit in MONTHS:
        return Decimal(12)
    return Decimal(rng.randrange(6, 60) if unit in BULK else rng.randrange(1, 4))
