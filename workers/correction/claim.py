"""Owns the equations that invoices state, and when one closes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workers.correction.table import Cell

Values = Sequence[Decimal]

#: Rounding may take an equation so far from closing.
SLACK = Decimal("0.01")

PRODUCT = "quantity x price = amount"
DISCOUNT = "quantity x price - discount = amount"
RATE = "rate x net = tax"
GROSS = "net + tax = gross"
DUE = "paid + due = gross"
CHANGE = "change + gross = cash"
ITEMS = "items = total"


def _plain_sum(values: Values) -> Decimal:
    return sum((abs(value) for value in values), Decimal())


#: What the terms come to, the result aside. Signs count among items only: totals are often printed without theirs.
_RESULTS: Mapping[str, Callable[[Values], Decimal]] = {
    PRODUCT: lambda terms: terms[0] * terms[1],
    DISCOUNT: lambda terms: terms[0] * terms[1] * (1 - terms[2] / 100),
    RATE: lambda terms: terms[0] * terms[1] / 100,
    GROSS: _plain_sum,
    DUE: _plain_sum,
    CHANGE: _plain_sum,
    ITEMS: lambda terms: sum(terms, Decimal()),
}


@dataclass(frozen=True)
class Claim:
    """An equation that the document states: its terms, the result last."""

    rule: str
    cells: tuple[Cell, ...]

    def closes(self, values: Values | None = None) -> bool:
        """Whether it closes, as printed or with other values for its terms."""
        *terms, result = values or [cell.amount.value for cell in self.cells]
        return abs(abs(_RESULTS[self.rule](terms)) - abs(result)) <= SLACK
