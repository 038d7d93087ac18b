"""Documents in the store that no batch holds: a submit that was cut off before its manifest leaves them."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice

from jobs.contract import ContentId
from jobs.errors import DocumentMissing
from producer.fleet import Fleet

#: A younger one may be on its way into a batch: submit puts 500 documents, then what names them.
STRAY_AFTER_S = 86_400.0
CHUNK_DOCUMENTS = 500


def strays(fleet: Fleet) -> list[ContentId]:
    """Find them. What a manifest names is none, whatever the ledger knows: Redis may have been lost."""
    documents = fleet.store.documents()
    found: set[ContentId] = set()
    while chunk := list(islice(documents, CHUNK_DOCUMENTS)):
        found.update(_old(fleet, fleet.ledger.unheld(chunk)))
    for batch in fleet.store.batches() if found else ():
        found.difference_update(source.document for source in fleet.store.manifest(batch))
    return sorted(found)


def sweep(fleet: Fleet, found: Sequence[ContentId]) -> int:
    """Delete them, but for those that a batch has come to hold since: each is asked for at the last moment.

    Returns how many.
    """
    swept = 0
    for content in found:
        if fleet.ledger.unheld([content]):
            fleet.store.delete_document(content)
            swept += 1
    return swept


def _old(fleet: Fleet, contents: Sequence[ContentId]) -> Iterator[ContentId]:
    before = time.time() - STRAY_AFTER_S
    for content in contents:
        try:
            if fleet.store.written_s(content) < before:
                yield content
        except DocumentMissing:  # deleted this very moment
            continue
