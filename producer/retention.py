"""Finds the batches whose time is up: ended for longer than they, or the settings, say to keep them."""

import time
from collections.abc import Iterator

from jobs.batch import BatchSummary
from producer.fleet import LISTING_PAGE, Fleet

DAY_S = 86_400


def expired(fleet: Fleet) -> Iterator[BatchSummary]:
    """List them, the newest first. One that is not finished is never among them, however old."""
    for batch in _names(fleet):
        keep_days = _keep_days(fleet, batch)
        if keep_days is None:
            continue
        summary = fleet.ledger.batch(batch)  # anew: somebody may have submitted to it since
        if summary.finished >= summary.documents and time.time() - summary.ended_s > keep_days * DAY_S:
            yield summary


def _names(fleet: Fleet) -> list[str]:
    """All at once, since a listing by position skips some while others are deleted."""
    names: list[str] = []
    while page := fleet.ledger.batches(len(names), LISTING_PAGE):
        names += [summary.batch for summary in page]
    return names


def _keep_days(fleet: Fleet, batch: str) -> int | None:
    record = fleet.store.get_batch(batch)
    own = record.keep_days if record else None
    return fleet.settings.retention_days if own is None else own
