"""Steps that tests of the producer are written in."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from jobs.contract import Job, Source
from jobs.lease import Untold
from jobs.result import Arithmetic, DocumentResult, Figure, LineResult, Outcome, PageResult, Provenance
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import Part, submit_files
from workers.job.outcome import tell

PDF = b"%PDF-1.7\n"
FINGERPRINT = "0123456789abcdef"
LAST_ATTEMPT: dict[str, Any] = {"attempts": 1, "node": "node", "log": ("opened", "truncated at byte 17")}
PROVENANCE = Provenance(
    pipeline_version=1, engine="null", model="", model_sha256="", mode="off", prompt_name="finance", prompt=""
)

FLAGGED = Figure(
    start=7,
    end=14,
    kind="amount",
    raw="10,00 €",
    final="10,00 €",
    confidence=0.6,
    flag="sum does not close",
    readings=(("16,00 €", 0.3), ("1O,00 €", 0.04)),
)
VOUCHED = FLAGGED.model_copy(update={"flag": None, "witness": "iban mod 97"})


def write(folder: Path, *names: str) -> None:
    """Write documents that differ in their content."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PDF + name.encode())


def submit(fleet: Fleet, *paths: Path, batch: str = "march", wish: Wish | None = None) -> Part:
    """Submit paths; the sum of the parts."""
    files = take_in(walk([str(path) for path in paths]), fleet.settings.max_file_bytes)
    parts = list(submit_files(fleet, batch, wish or Wish(), files))
    return Part(*(sum(getattr(part, name) for part in parts) for name in ("new", "known", "again", "size_bytes")))


def finish(fleet: Fleet, batch: str = "march", failing: Collection[str] = ()) -> None:
    """Do what workers do: take each job of a batch, put a result in the store, end it. `failing`: names that fail."""
    names = {entry.document: entry.names for entry in fleet.documents(batch)}
    for job in _sent(fleet, batch):
        lease = fleet.ledger.take(job, "node")
        assert lease is not None
        if set(names[job.document]) & set(failing):
            outcome = Outcome(
                document=job.document, state="failed", reason="CorruptDocument: truncated", **LAST_ATTEMPT
            )
        else:
            outcome = Outcome.done(result := result_of(job.document, names[job.document][0]))
            fleet.store.put_result(result)
        fleet.ledger.finish(lease, outcome)
        tell(fleet.store, fleet.ledger, [Untold(batch=batch, outcome=outcome)])


def _sent(fleet: Fleet, batch: str) -> list[Job]:
    """Jobs of the batch, sent before or due now."""
    fleet.ledger.dispatch("backlog", 10_000)
    fleet.ledger.dispatch("urgent", 10_000)
    return [Job(batch=batch, document=entry.document) for entry in fleet.documents(batch, "queued")]


def result_of(document: str, text: str) -> DocumentResult:
    """A result of one page with two lines, the audit of two figures and a sum that does not close."""
    box = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
    lines = (
        LineResult(raw=f"lnvoice {text}", text=f"Invoice {text}", box=box, confidence=0.9),
        LineResult(raw="Total: 10,00 €", text="Total: 10,00 €", box=box, confidence=0.9, figures=(FLAGGED, VOUCHED)),
    )
    page = PageResult(page=1, width_px=9, height_px=9, dpi=200, lines=lines, provenance=PROVENANCE, seconds={})
    sums = (Arithmetic(rule="net + tax = gross", terms=("8,00", "2,10", "10,00"), closes=False),)
    return DocumentResult(document=document, fingerprint=FINGERPRINT, pages=(page,), arithmetic=sums)


def source_of(document: str, name: str) -> Source:
    """A submitted path."""
    return Source(document=document, name=name, media_type="application/pdf", size_bytes=1)
