"""Checks every result of a batch with the checker that shares no code with the repair (jobs/verify.py)."""

from collections.abc import Iterator

from jobs.errors import DocumentMissing
from jobs.verify import Violation, check_document
from producer.fleet import Fleet


def audit(fleet: Fleet, batch: str) -> Iterator[tuple[str, list[Violation]]]:
    """Check the results of the documents that are done. Yields each one's first name and what is broken in it.

    Raises:
        UsageError: there is no such batch.
        DocumentMissing: a document is done, but its result is gone from the store.
    """
    for entry in fleet.documents(batch, "done"):
        result = fleet.store.get_result(entry.document, entry.fingerprint)
        if result is None:
            raise DocumentMissing(
                f"A result of {batch} is gone from the store. Make it anew: ocrfleet submit --again --batch {batch}"
            )
        yield entry.names[0], check_document(result)
