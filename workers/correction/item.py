"""Finds the products and sums of an invoice's items."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from workers.correction.claim import DISCOUNT, ITEMS, PRODUCT, Claim
from workers.correction.role import role_of
from workers.correction.table import Cell, Row

#: Columns are the same where their middles are so near, in widths of the page.
_SAME_COLUMN = 0.06
#: Rows with more figures than this are no rows of items.
_MOST_CELLS = 8


def item_claims(rows: Sequence[Row]) -> Iterator[Claim]:
    """Quantity x price = amount. Rows that close show the columns; rows with the same columns state it too."""
    closing = {at: claim for at, row in enumerate(rows) if (claim := _product(row) or _discounted(row))}
    columns = [[cell.x for cell in claim.cells] for claim in closing.values() if claim.rule == PRODUCT]
    for at, row in enumerate(rows):
        if at in closing:
            yield closing[at]
        elif role_of(row.label) is None and (cells := _in_columns(row, columns)):
            yield Claim(PRODUCT, cells)


def sum_claims(rows: Sequence[Row], items: Sequence[Claim]) -> Iterator[Claim]:
    """The items' amounts add up to a total; one that does not close is stated only if no money above it is left over.

    What is left over may be an item whose quantity was not read, first and last ones as well.
    """
    amounts = tuple(dict.fromkeys(claim.cells[-1] for claim in items))
    if len(amounts) < 2:
        return
    totals = [row.cells[-1] for row in rows if row.cells and role_of(row.label) in ("net", "gross")]
    below = [cell for cell in totals if cell.place > amounts[-1].place and cell.amount.decimals == 2]
    stated = [Claim(ITEMS, (*amounts, cell)) for cell in below]
    closing = [claim for claim in stated if claim.closes()]
    yield from closing or (claim for claim in stated[:1] if not _left_over(rows, claim))


def _left_over(rows: Sequence[Row], claim: Claim) -> list[Cell]:
    """Money in the column of the items, above their total, that is none of them."""
    *amounts, total = claim.cells
    items = {cell.place for cell in amounts}
    cells = (cell for row in rows for cell in row.cells if cell.place < total.place and cell.is_money)
    return [cell for cell in cells if abs(cell.x - amounts[-1].x) < _SAME_COLUMN and cell.place not in items]


def _product(row: Row) -> Claim | None:
    cells = [cell for cell in row.cells if cell.amount.value][:_MOST_CELLS]
    for quantity, price, amount in permutations(cells, 3):
        claim = Claim(PRODUCT, (quantity, price, amount))
        if _may_be_item(quantity, price, amount) and claim.closes():
            return claim
    return None


def _discounted(row: Row) -> Claim | None:
    """Quantity x price less the row's own percentage."""
    cells = [cell for cell in row.cells if cell.amount.value][:_MOST_CELLS]
    rates = [cell for cell in cells if cell.figure.kind == "percentage"]
    for rate in rates:
        for quantity, price, amount in permutations([cell for cell in cells if cell is not rate], 3):
            claim = Claim(DISCOUNT, (quantity, price, rate, amount))
            if _may_be_item(quantity, price, amount) and claim.closes():
                return claim
    return None


def _may_be_item(quantity: Cell, price: Cell, amount: Cell) -> bool:
    return (
        quantity.figure.kind != "percentage"
        and price.amount.decimals >= 2
        and amount.amount.decimals == 2
        and amount.x > max(quantity.x, price.x)
    )


def _in_columns(row: Row, columns: Sequence[Sequence[float]]) -> tuple[Cell, ...]:
    """The row's cells under the columns of a row that closes; none if one is missing."""
    for places in columns:
        found = [min(row.cells, key=lambda cell: abs(cell.x - x), default=None) for x in places]
        cells = tuple(cell for cell, x in zip(found, places, strict=True) if cell and abs(cell.x - x) < _SAME_COLUMN)
        if len({cell.place for cell in cells}) == len(places):
            return cells
    return ()
