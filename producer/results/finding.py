"""Goes through a batch for what a person must look at."""

from collections.abc import Iterator

from jobs.batch import DocumentEntry
from jobs.finding import Finding, findings
from producer.fleet import Fleet

#: Why a document that is done has nothing to show.
RESULT_GONE = "its result is not in the store: process it anew with submit --again"


def to_review(fleet: Fleet, batch: str) -> Iterator[tuple[DocumentEntry, list[Finding]]]:
    """List the documents that a person must look at, with what to look at.

    Raises:
        UsageError: there is no such batch.
    """
    for entry in fleet.documents(batch, "done"):
        if entry.audit.to_review:
            result = fleet.result(entry)
            yield entry, list(findings(result)) if result else []
