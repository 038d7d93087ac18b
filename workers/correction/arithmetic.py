"""Finds the sums and products that a document states, whether they close or not."""

from collections.abc import Sequence

from workers.correction.claim import Claim
from workers.correction.item import item_claims, sum_claims
from workers.correction.table import Row
from workers.correction.total import rate_claims, total_claims


def claims(rows: Sequence[Row]) -> tuple[Claim, ...]:
    """Every equation of a document."""
    items = tuple(item_claims(rows))
    return (*items, *rate_claims(rows), *total_claims(rows), *sum_claims(rows, items))
