"""Tells the store how a document ended, after the ledger has decided it."""

from jobs.contract import BatchId
from jobs.ledger import Ledger
from jobs.result import Outcome
from jobs.store import Store


def tell(store: Store, ledger: Ledger, batch: BatchId, outcome: Outcome) -> None:
    """Put an outcome in the store. Whoever comes late with an old one has it taken back, or written over again.

    Raises:
        RetryableError: store or ledger is away; the ledger's reconciler will tell.
    """
    store.put_outcome(batch, outcome)
    if not ledger.stored(batch, outcome.document):
        store.delete_outcome(batch, outcome.document)
