"""What a person may do to a batch: cancel it, retry what failed, delete it. Store and ledger agree afterwards."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from pydantic import SecretStr

from jobs.lease import Dropped
from jobs.result import Outcome
from producer.fleet import LISTING_PAGE, Fleet
from producer.writer import write_all


def cancel(fleet: Fleet, batch: str) -> int:
    """Cancel what is not finished. Returns how many documents.

    Raises:
        UsageError: there is no such batch. So for all of these.
    """
    cancelled = fleet.ledger.cancel(batch)
    # All that ever were: an earlier call may have been interrupted here.
    outcomes = (Outcome(document=entry.document, state="cancelled") for entry in fleet.documents(batch, "cancelled"))
    for _ in write_all(partial(fleet.store.put_outcome, batch), outcomes):
        pass
    return cancelled


def retry(fleet: Fleet, batch: str, passwords: Sequence[SecretStr] = ()) -> int:
    """Send what failed or was cancelled again, with further passwords of documents. Returns how many documents."""
    cancelled = fleet.ledger.batch(batch).cancelled
    fleet.store.add_passwords(batch, passwords)
    retried = 0
    while failed := fleet.ledger.documents(batch, 0, LISTING_PAGE, "failed"):
        retried += requeue(fleet, batch, [entry.document for entry in failed])
    if cancelled:
        contents = (entry.document for entry in fleet.documents(batch, "cancelled"))
        while chunk := list(islice(contents, LISTING_PAGE)):
            retried += requeue(fleet, batch, chunk)
    fleet.feed()
    return retried


def requeue(fleet: Fleet, batch: str, contents: Sequence[str]) -> int:
    """Queue these documents again that failed or were cancelled, their attempts forgotten. Returns how many."""
    forget_outcomes(fleet, batch, contents)
    return fleet.ledger.retry(batch, contents)


def forget_outcomes(fleet: Fleet, batch: str, contents: Sequence[str]) -> None:
    """Take back from the store how documents ended, before the ledger queues them again."""
    for _ in write_all(partial(fleet.store.delete_outcome, batch), contents):
        pass


def delete(fleet: Fleet, batch: str) -> Iterator[bool]:
    """Delete a batch, document by document; True where the document went, with all its results.

    A document that another batch holds stays with its results, which may be that batch's, too. Interrupted, it can be
    called again: the ledger forgets last.
    """
    running = fleet.ledger.batch(batch).running
    fleet.ledger.cancel(batch)
    if running:  # a worker hears that its document was cancelled when it renews its lease, and writes no more
        time.sleep(fleet.settings.lease_s)
    fleet.store.delete_batch(batch)
    for chunk in fleet.ledger.delete(batch):
        yield from forget(fleet, chunk)


def forget(fleet: Fleet, chunk: Sequence[Dropped]) -> Iterator[bool]:
    """Have the store forget what the ledger is about to forget; True for each document that no other batch holds.

    Each is asked for once more at the last moment: a chunk takes seconds, and a submit may have taken it up since.
    """

    def delete_last(dropped: Dropped) -> bool:
        is_last = dropped.last_reference and fleet.ledger.holders([dropped.document]) <= [1]
        if is_last:
            fleet.store.delete_document(dropped.document)
        return is_last

    return write_all(delete_last, chunk)
