"""Finds the equations between an invoice's totals: net, tax, gross, what was paid and what is due."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

from workers.correction.amount import parse
from workers.correction.claim import CHANGE, DUE, GROSS, RATE, Claim
from workers.correction.reading import misread_percent
from workers.correction.role import role_of
from workers.correction.table import Cell, Row

_ROLES = {
    GROSS: ("net", "tax", "gross"),
    DUE: ("paid", "due", "gross"),
    CHANGE: ("change", "gross", "cash"),
    RATE: ("rate", "net", "tax"),
}
#: Documents repeat their totals; more than so many of one role are not tried.
_MOST = 6


def rate_claims(rows: Sequence[Row]) -> Iterator[Claim]:
    """Rate x net = tax, in the row of one rate, where it closes."""
    for row in rows:
        if role_of(row.label) != "tax" or len(row.cells) < len(_ROLES[RATE]):
            continue
        for net, rate, tax in permutations(row.cells[:_MOST], 3):
            claim = Claim(RATE, (rate, net, tax))
            if _is_rate(rate) and net.x < tax.x and net.amount.decimals == tax.amount.decimals == 2 and claim.closes():
                yield claim
                break


def total_claims(rows: Sequence[Row]) -> Iterator[Claim]:
    """For each equation those amounts that close; if none do and each role has one amount, those that do not."""
    amounts = _by_role(rows)
    for rule, roles in _ROLES.items():
        choices = product(*(amounts.get(role, [])[:_MOST] for role in roles))
        found = [Claim(rule, cells) for cells in choices]
        yield from [claim for claim in found if claim.closes()] or (found if len(found) == 1 else [])
    if not amounts.get("rate"):
        yield from _misread_rates(rows, amounts)


def _misread_rates(rows: Sequence[Row], amounts: Mapping[str, list[Cell]]) -> Iterator[Claim]:
    """Rate x net = tax where it closes once the last digit of the rate is read as a percent sign."""
    cells = [cell for row in rows if role_of(row.label) == "tax" for cell in row.cells if misread_percent(cell)]
    for rate, net, tax in product(cells, amounts.get("net", [])[:_MOST], amounts.get("tax", [])[:_MOST]):
        claim = Claim(RATE, (rate, net, tax))
        percent = parse(misread_percent(rate))
        if percent and claim.closes_with(rate, percent.value):
            yield claim


def _by_role(rows: Sequence[Row]) -> dict[str, list[Cell]]:
    amounts: dict[str, list[Cell]] = {}
    for row in rows:
        role = role_of(row.label)
        money = [cell for cell in row.cells if cell.is_money]
        if role and money:
            amounts.setdefault(role, []).append(money[-1])
            if role == "tax":
                amounts.setdefault("rate", []).extend(cell for cell in row.cells if _is_rate(cell))
    return amounts


def _is_rate(cell: Cell) -> bool:
    return cell.figure.kind == "percentage" or (cell.amount.decimals <= 1 and 2 < cell.amount.value < 30)
