"""Tells the store how documents ended, after the ledger has decided it."""

from collections.abc import Sequence

from jobs.lease import Untold
from jobs.ledger import Ledger
from jobs.store import Store


def tell(store: Store, ledger: Ledger, untold: Sequence[Untold]) -> None:
    """Put outcomes in the store. One that comes late, and is old, is taken back, or written over by a pulse.

    Raises:
        RetryableError: store or ledger is away; a pulse will tell.
    """
    if not untold:
        return
    for one in untold:
        store.put_outcome(one.batch, one.outcome)
    for late in ledger.stored(untold):
        store.delete_outcome(late.batch, late.outcome.document)
