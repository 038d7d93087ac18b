"""What a sample invoice says: parties, items, taxes, dates and identifiers, with arithmetic that closes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from samples.country import Country

CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    """Rounded half up to the cent, as invoices do."""
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Item:
    """One position: so much of something at a price, taxed at `rate` percent."""

    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    rate: Decimal
    day: date

    @property
    def amount(self) -> Decimal:
        """Quantity times price, net."""
        return cents(self.quantity * self.price)


@dataclass(frozen=True)
class Tax:
    """The tax at one rate, in percent, on the net sum of the items it applies to."""

    rate: Decimal
    net: Decimal

    @property
    def amount(self) -> Decimal:
        """Rate times net."""
        return cents(self.net * self.rate / 100)


@dataclass(frozen=True)
class Invoice:
    """One invoice; `reading` is the old meter reading, of which utility bills speak."""

    country: Country
    number: str
    customer: str
    issued: date
    due: date
    begin: date
    end: date
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    phone: str
    mail: str
    tax_number: str
    iban: str | None
    items: tuple[Item, ...]
    reading: int
    accent: str

    @property
    def subtotal(self) -> Decimal:
        """The net sum of all items."""
        return sum((item.amount for item in self.items), Decimal(0))

    @property
    def taxes(self) -> list[Tax]:
        """One tax a rate, the highest rate first."""
        rates = sorted({item.rate for item in self.items}, reverse=True)
        return [Tax(rate, _sum(item.amount for item in self.items if item.rate == rate)) for rate in rates]

    @property
    def tax(self) -> Decimal:
        """All taxes."""
        return _sum(tax.amount for tax in self.taxes)

    @property
    def total(self) -> Decimal:
        """What is to be paid: net and tax."""
        return self.subtotal + self.tax

    @property
    def amounts(self) -> set[Decimal]:
        """Every sum of money that each layout prints."""
        lines = {amount for item in self.items for amount in (item.price, item.amount)}
        taxes = {amount for tax in self.taxes for amount in (tax.net, tax.amount)}
        return lines | taxes | {self.subtotal, self.total}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
