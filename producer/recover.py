"""Rebuilds the ledger from the store after a loss of Redis: manifests say what there was, outcomes how it ended."""

from collections.abc import Iterator, Sequence
from itertools import islice

from jobs.contract import Source
from jobs.errors import UsageError
from producer.fleet import Fleet

#: Paths of a manifest that are looked up and added at a time.
CHUNK = 500


def recover(fleet: Fleet, batch: str) -> Iterator[int]:
    """Put a batch back into the ledger. Yields how many paths were put back, a part at a time.

    What has ended stays ended; the rest is due, and pages that were done are not done again. Harmless on a batch
    that the ledger still has, and after an interruption it may be called again.

    Raises:
        UsageError: the store holds no such batch.
    """
    record = fleet.store.get_batch(batch)
    if record is None:
        known = ", ".join(fleet.store.batches()[:10]) or "none"
        raise UsageError(f"The store has no batch {batch}. It has: {known}.")
    fleet.ledger.create_batch(batch, record.recipe, record.queue, record.created_s)
    manifest = fleet.store.manifest(batch)
    while part := list(islice(manifest, CHUNK)):
        _add(fleet, batch, part)
        yield len(part)
    fleet.feed()


def _add(fleet: Fleet, batch: str, part: Sequence[Source]) -> None:
    ended = {source.document: fleet.store.get_outcome(batch, source.document) for source in part}
    fleet.ledger.add(batch, part, {content: outcome for content, outcome in ended.items() if outcome})
