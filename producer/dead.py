"""Dead letters: the documents of a batch that failed. Found, sent again, or dropped for good."""

from collections.abc import Iterator, Sequence

from jobs.batch import DeadLetter
from jobs.errors import UsageError
from producer.batch import forget, forget_outcomes, requeue
from producer.fleet import LISTING_PAGE, Fleet


def letters(fleet: Fleet, batch: str | None = None) -> Iterator[DeadLetter]:
    """List the dead letters of a batch, or of all of them, in the order they failed.

    Raises:
        UsageError: there is no such batch. So for all of these.
    """
    for name in _batches(fleet) if batch is None else (batch,):
        offset = 0
        while page := fleet.ledger.dead_letters(name, offset, LISTING_PAGE):
            yield from page
            offset += len(page)


def find(fleet: Fleet, batch: str, names: Sequence[str]) -> list[DeadLetter]:
    """Find dead letters by a submitted path or the first digits of the content.

    Raises:
        UsageError: a name fits none, or more than one.
    """
    known = list(letters(fleet, batch))
    return [_pick(known, batch, name) for name in names]


def retry(fleet: Fleet, batch: str, contents: Sequence[str]) -> int:
    """Send these documents again, their attempts forgotten. Returns how many."""
    retried = requeue(fleet, batch, contents)
    fleet.feed()
    return retried


def drop(fleet: Fleet, batch: str, contents: Sequence[str]) -> int:
    """Forget these documents, as if they had never been submitted to the batch. Returns how many.

    What another batch holds stays in the store. Interrupted, it can be called again: the ledger forgets last.
    """
    forget_outcomes(fleet, batch, contents)
    fleet.store.forget_sources(batch, set(contents))
    return sum(1 for chunk in fleet.ledger.drop(batch, contents) for _ in forget(fleet, chunk))


def _batches(fleet: Fleet) -> Iterator[str]:
    offset = 0
    while page := fleet.ledger.batches(offset, LISTING_PAGE):
        yield from (summary.batch for summary in page if summary.failed)
        offset += len(page)


def _pick(known: Sequence[DeadLetter], batch: str, name: str) -> DeadLetter:
    fitting = [letter for letter in known if name in letter.names or letter.document.startswith(name)]
    if len(fitting) != 1:
        found = f"{len(fitting)} dead letters" if fitting else "no dead letter"
        raise UsageError(f"{batch} has {found} of that name. See: ocrfleet dead list {batch}")
    return fitting[0]
