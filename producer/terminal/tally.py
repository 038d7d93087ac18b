"""Adds up what a submission or an export came to, for a person, a script and the exit status."""

from dataclasses import dataclass, field
from typing import Any

from rich.filesize import decimal

from producer.intake.walk import Skip
from producer.results.export import Exported
from producer.submit import Part
from producer.terminal.console import Status, counted, show

#: Paths that are listed one by one. All that are skipped are named on standard error as they are met, all documents
#: that failed by `ocrfleet status BATCH --state failed`.
MAX_LISTED = 100


@dataclass
class SubmitTally:
    """The sum of a submission's parts."""

    new: int = 0
    known: int = 0
    again: int = 0
    size_bytes: int = 0
    skipped: int = 0
    faults: int = 0  # of the skipped: missing, unreadable, too large
    listed: list[Skip] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """Paths that were looked at."""
        return self.new + self.known + self.skipped

    @property
    def accepted(self) -> int:
        """Paths whose documents are in the batch now."""
        return self.new + self.known

    @property
    def status(self) -> Status:
        """The exit status of the submission itself."""
        if self.faults:
            return Status.FAILED
        return Status.OK if self.accepted else Status.NOTHING

    def add(self, part: Part) -> None:
        """Add a part."""
        self.new += part.new
        self.known += part.known
        self.again += part.again
        self.size_bytes += part.size_bytes
        self.skipped += len(part.skips)
        self.faults += sum(skip.fault for skip in part.skips)
        self.listed += part.skips[: MAX_LISTED - len(self.listed)]

    def describe(self, batch: str) -> dict[str, Any]:
        """Put it as a script reads it."""
        counts = {name: getattr(self, name) for name in ("new", "known", "again", "size_bytes", "skipped", "faults")}
        skips = [{"path": skip.path, "reason": skip.reason, "fault": skip.fault} for skip in self.listed]
        return {"batch": batch, **counts, "skips": skips}

    def sentence(self, batch: str) -> str:
        """Say it in one line."""
        if not self.accepted:
            return f"Nothing to submit: {self.skipped:,} passed over." if self.skipped else "Nothing to submit."
        parts = [counted(self.new, "new document"), decimal(self.size_bytes)]
        parts += [f"{self.known:,} that it had already"] if self.known else []
        parts += [f"{self.again:,} of them processed anew"] if self.again else []
        parts += [f"{self.skipped:,} passed over"] if self.skipped else []
        return f"Batch {batch}: {', '.join(parts)}."


@dataclass
class ExportTally:
    """The sum of what was written of a batch."""

    written: int = 0
    failed: int = 0
    unfinished: int = 0
    missing: int = 0  # done, but the result is not in the store
    cancelled: int = 0
    truncated: int = 0  # done, but their text is cut off and so was left out
    listed: list[Exported] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """The exit status of the export: OK only if every document's result was written."""
        return Status.FAILED if any(self._without_result().values()) else Status.OK

    def add(self, exported: Exported) -> None:
        """Add a document."""
        self.written += exported.written
        self.failed += exported.state == "failed"
        self.cancelled += exported.state == "cancelled"
        self.unfinished += exported.state in ("queued", "running")
        self.truncated += exported.truncated
        self.missing += exported.state == "done" and bool(exported.reason) and not exported.truncated
        if exported.reason and len(self.listed) < MAX_LISTED:
            self.listed.append(exported)

    def describe(self, batch: str, out: str) -> dict[str, Any]:
        """Put it as a script reads it."""
        reasons = [{"name": each.name, "state": each.state, "reason": each.reason} for each in self.listed]
        return {"batch": batch, "out": out, "written": self.written, **self._without_result(), "reasons": reasons}

    def lines(self, batch: str, out: str) -> list[str]:
        """Say it, the documents without a result by name."""
        counts = [f"{counted(count, 'document')} {name}" for name, count in self._without_result().items() if count]
        reasons = [f"{each.state}  {show(each.name)}  {show(each.reason)}" for each in self.listed]
        more = self.failed + self.missing + self.truncated - len(self.listed)
        rest = [f"... and {more:,} more: ocrfleet status {batch} --state failed"] if more > 0 else []
        return [*reasons, *rest, f"{', '.join([f'{self.written:,} written to {show(out)}', *counts])}."]

    def _without_result(self) -> dict[str, int]:
        """Documents of which nothing was written, by why."""
        names = ("failed", "cancelled", "unfinished", "missing", "truncated")
        return {name: getattr(self, name) for name in names}
