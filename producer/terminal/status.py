"""Shows batches and documents: tables for a person, plain objects for a script."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobs.batch import BatchSummary, DocumentEntry
from jobs.finding import Finding
from jobs.result import FigureCounts
from producer.terminal.console import Status, counted, show

if TYPE_CHECKING:
    from rich.table import Table

#: What a person sees where a batch waits for nobody.
NO_WORKER = "No worker is running. To start one: ocrfleet-worker run"
COUNTS = ("documents", "queued", "running", "done", "failed", "cancelled", "truncated", "to_review")


def describe(summary: BatchSummary) -> dict[str, Any]:
    """Put a batch as a script reads it: without the prompt's text, which can be long."""
    value = summary.model_dump(mode="json", exclude={"recipe": {"prompt", "words"}})
    return value | {"finished": summary.finished}


def sentence(summary: BatchSummary) -> str:
    """Say in one line how far a batch is."""
    named = ((count, name.replace("_", " ")) for name in COUNTS[1:] if (count := getattr(summary, name)))
    counts = ", ".join(f"{count:,} {name}" for count, name in named)
    pages = f"; {pages_sentence(summary)}" if summary.pages else ""
    figures = f"; {audit_sentence(summary.audit)}" if summary.audit.figures else ""
    return f"{summary.batch}: {counted(summary.documents, 'document')}, {counts or 'none yet'}{pages}{figures}"


def pages_sentence(summary: BatchSummary) -> str:
    """Say how many pages are done."""
    return f"{summary.pages_done:,} of {counted(summary.pages, 'page')}"


def audit_sentence(audit: FigureCounts) -> str:
    """Say in one line what the audit of figures found."""
    parts = [counted(audit.figures, "figure"), f"{audit.vouched:,} vouched for"]
    parts += [f"{audit.changed:,} mended"] if audit.changed else []
    parts += [f"{audit.flagged:,} flagged"]
    sums = [f"{audit.sums - audit.sums_open:,} of {audit.sums:,} sums close"] if audit.sums else []
    return ", ".join(parts + sums)


def ended(*summaries: BatchSummary) -> Status:
    """The exit status of a command that waited for batches: OK only if every document has a result."""
    return Status.OK if all(each.done == each.documents for each in summaries) else Status.FAILED


def next_lines(summary: BatchSummary) -> list[str]:
    """Say what is left for a person to do about a batch: a line each with the command for it."""
    batch = summary.batch
    asked = (
        (summary.failed, "failed", f"Why: ocrfleet dead list {batch}. To send again: ocrfleet retry {batch}"),
        (summary.cancelled, "cancelled", f"To send again: ocrfleet retry {batch}"),
        (summary.to_review, "to review", f"See what: ocrfleet status {batch} --to-review"),
    )
    return [f"{counted(count, 'document')} {what}. {command}" for count, what, command in asked if count]


def batch_table(summaries: Sequence[BatchSummary]) -> "Table":
    """Tabulate batches, one a row. A state in which no document is gets no column."""
    from rich.table import Table

    table = Table("batch", "created", "queue", box=None, pad_edge=False)
    counts = [name for name in COUNTS if name == "documents" or any(getattr(each, name) for each in summaries)]
    for name in (*counts, "pages"):
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    for each in summaries:
        created = f"{datetime.fromtimestamp(each.created_s):%Y-%m-%d %H:%M}"
        numbers = (f"{getattr(each, name):,}" for name in counts)
        table.add_row(each.batch, created, each.queue, *numbers, f"{each.pages_done:,}/{each.pages:,}")
    return table


def document_line(entry: DocumentEntry) -> str:
    """Say in one line where a document stands."""
    pages = f"{entry.pages_done}/{counted(entry.pages, 'page')}" if entry.pages else ""
    copies = f"and {len(entry.names) - 1} of the same content" if len(entry.names) > 1 else ""
    figures = audit_sentence(entry.audit) if entry.audit.figures else ""
    figures = f"to review: {figures}" if entry.audit.to_review else figures
    parts = (entry.state, show(entry.names[0]), copies, pages, figures, show(entry.reason))
    return "  ".join(part for part in parts if part)


def finding_line(finding: Finding) -> str:
    """Say in one line what a person must look at, and why."""
    place = f"page {finding.page}, line {finding.line}" if finding.page else ""
    read = f"read as {finding.raw}" if finding.raw != finding.final else ""
    readings = " ".join(f"or {reading.strip()}" for reading in finding.readings)
    parts = (place, finding.kind, finding.final, read, readings, finding.reason)
    return "    " + "  ".join(show(part) for part in parts if part)
