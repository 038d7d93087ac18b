"""Owns the equations that invoices state: when one closes, and which of its figures it vouches for."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import islice

from workers.correction.amount import Amount
from workers.correction.glyph import misread_digits
from workers.correction.table import Cell, Place

Values = Sequence[Decimal]

#: So far from closing an equation is let pass: documents round each item, or the sum of them.
SLACK = Decimal("0.01")

PRODUCT = "quantity x price = amount"
DISCOUNT = "quantity x price - discount = amount"
RATE = "rate x net = tax"
GROSS = "net + tax = gross"
DUE = "paid + due = gross"
CHANGE = "change + gross = cash"
ITEMS = "items = total"

#: What the terms come to, the result aside. What was paid and the change are printed with a minus or without.
_RESULTS: Mapping[str, Callable[[Values], Decimal]] = {
    PRODUCT: lambda terms: terms[0] * terms[1],
    DISCOUNT: lambda terms: terms[0] * terms[1] * (1 - abs(terms[2]) / 100),
    RATE: lambda terms: terms[0] * terms[1] / 100,
    GROSS: lambda terms: sum(terms, Decimal()),
    DUE: lambda terms: abs(terms[0]) + terms[1],
    CHANGE: lambda terms: abs(terms[0]) + terms[1],
    ITEMS: lambda terms: sum(terms, Decimal()),
}
RULES = frozenset(_RESULTS)
_PRODUCTS = {PRODUCT, DISCOUNT, RATE}


@dataclass(frozen=True)
class Claim:
    """An equation that the document states: its terms, the result last."""

    rule: str
    cells: tuple[Cell, ...]

    def closes(self) -> bool:
        """Whether it closes but for rounding, signs aside: totals are often printed without theirs."""
        return self._closes(self._with())

    def proves(self, cell: Cell) -> bool:
        """Whether it vouches for a figure of its own: it closes to the cent, and would not were the figure misread."""
        misread = (self._with((cell, value)) for value in _other_readings(cell.amount, self.rule))
        exact = self._is_exact(self._with()) and not any(map(self._is_exact, misread))
        return exact and not self.repeats(cell, cell.amount.value)

    def closes_with(self, cell: Cell, value: Decimal) -> bool:
        """Whether it closes to the cent with another value for a figure of its own, signs aside."""
        return self._is_exact(self._unsigned(self._with((cell, value))))

    def repeats(self, cell: Cell, value: Decimal) -> bool:
        """Whether it only says of a figure, if that has this value, that it stands there twice: `0,00 + a = a`.

        That is no evidence: what is misread once is misread twice, and `1 x $29,87 = $29,87` closes for 529,87 as well.
        Of the nought and of the one it is.
        """
        other = abs(value) + 1
        twins = (each for each in self._alike.get(abs(value), ()) if each is not cell)
        return any(
            self._closes(self._with((cell, other.copy_sign(value)), (twin, other.copy_sign(twin.amount.value))))
            for twin in twins
        )

    @cached_property
    def _printed(self) -> Values:
        return [cell.amount.value for cell in self.cells]

    @cached_property
    def _index(self) -> Mapping[Place, int]:
        return {cell.place: at for at, cell in enumerate(self.cells)}

    @cached_property
    def _sum(self) -> Decimal:
        return sum(self._printed[:-1], Decimal())

    @cached_property
    def _alike(self) -> Mapping[Decimal, Sequence[Cell]]:
        """Its cells by their size. Among thousands of items those of one value are all the same: two stand for them."""
        alike: dict[Decimal, list[Cell]] = {}
        kinds: Counter[tuple[Decimal, bool]] = Counter()
        for cell in self.cells:
            kind = cell.amount.value, cell is self.cells[-1]
            kinds[kind] += 1
            if self.rule != ITEMS or kinds[kind] <= 2:
                alike.setdefault(abs(cell.amount.value), []).append(cell)
        return alike

    def _with(self, *others: tuple[Cell, Decimal]) -> Values:
        """The printed values, with others for some cells; of items, which may be thousands, the sum stands for them."""
        values = {self._index[cell.place]: value for cell, value in others}
        if self.rule != ITEMS:
            return [values.get(at, value) for at, value in enumerate(self._printed)]
        result = values.pop(len(self.cells) - 1, self._printed[-1])
        return [self._sum + sum(value - self._printed[at] for at, value in values.items()), result]

    def _unsigned(self, values: Values) -> Values:
        """Signs count among items only."""
        return values if self.rule == ITEMS else [abs(value) for value in values]

    def _closes(self, values: Values) -> bool:
        unsigned = self._unsigned(values)
        return abs(abs(self._result(unsigned)) - abs(unsigned[-1])) <= SLACK

    def _is_exact(self, values: Values) -> bool:
        """Whether it closes with its signs, and to the last decimal of a product or the cent of a sum."""
        rounding = Decimal(5).scaleb(-1 - self.cells[-1].amount.decimals) if self.rule in _PRODUCTS else 0
        return abs(self._result(values) - values[-1]) <= rounding

    def _result(self, values: Values) -> Decimal:
        return _RESULTS[self.rule](values[:-1])


def _other_readings(amount: Amount, rule: str) -> Iterator[Decimal]:
    """What else an amount may be: digits that look alike, and no minus. A sum breaks by any of them or by none."""
    if amount.value < 0:
        yield -amount.value
    digits = f"{abs(amount.value):f}".replace(".", "")
    readings = (Decimal(each).scaleb(-amount.decimals).copy_sign(amount.value) for each in misread_digits(digits))
    yield from readings if rule in _PRODUCTS else islice(readings, 1)
