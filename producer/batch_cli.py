"""What `ocrfleet` does with batches: show, cancel, retry, delete and recover them."""

from typing import Annotated, Any

import typer

from jobs.batch import BatchSummary
from jobs.contract import DocumentState
from jobs.errors import UsageError
from jobs.password import read_passwords
from producer.batch import cancel as cancel_batch
from producer.batch import delete as delete_batch
from producer.batch import retry as retry_batch
from producer.command import BatchArgument, Json, OptionalBatchArgument, PasswordFile, Yes, confirm, open_fleet
from producer.console import console, emit, emit_with, say
from producer.fleet import Fleet
from producer.progress import progress
from producer.recover import recover as recover_batch
from producer.retention import expired
from producer.status import batch_table, describe, document_line, sentence
from producer.stray import strays, sweep
from producer.watch import wait, watch_json, watch_table

#: Batches that `status` shows and watches; `batches` pages through all of them.
NEWEST = 20


def status(
    batch: OptionalBatchArgument = None,
    watch: Annotated[bool, typer.Option("--watch", help="Until every document has ended.")] = False,
    documents: Annotated[bool, typer.Option("--documents", help="List the batch's documents, one a line.")] = False,
    state: Annotated[DocumentState | None, typer.Option(help="List only documents in this state.")] = None,
    as_json: Json = False,
) -> None:
    """Show how far a batch is, or the newest ones."""
    fleet = open_fleet()
    if batch is None:
        _show_newest(fleet, watch=watch, as_json=as_json)
    elif documents or state:
        _list_documents(fleet, batch, state, as_json=as_json)
    elif watch and as_json:
        watch_json(lambda: [fleet.ledger.batch(batch)])
    else:
        summary = wait(fleet, batch) if watch else fleet.ledger.batch(batch)
        emit(describe(summary)) if as_json else console().print(sentence(summary), soft_wrap=True)


def _list_documents(fleet: Fleet, batch: str, state: DocumentState | None, *, as_json: bool) -> None:
    summary, entries = fleet.ledger.batch(batch), fleet.documents(batch, state)
    if as_json:
        emit_with(describe(summary), "entries", (entry.model_dump(mode="json") for entry in entries))
        return
    out = console()
    for entry in entries:
        out.print(document_line(entry), soft_wrap=True)


def _show_newest(fleet: Fleet, *, watch: bool, as_json: bool) -> None:
    def look() -> list[BatchSummary]:
        return fleet.ledger.batches(0, NEWEST)

    if watch:
        watch_json(look) if as_json else watch_table(look)
    elif as_json:
        emit({"batches": [describe(summary) for summary in look()]})
    else:
        console().print(batch_table(look()))


def batches(
    offset: Annotated[int, typer.Option(min=0, help="How many of the newest to leave out.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """List batches, the newest first."""
    summaries = open_fleet().ledger.batches(offset, limit)
    if as_json:
        emit({"batches": [describe(summary) for summary in summaries]})
    else:
        console().print(batch_table(summaries))


def cancel(batch: BatchArgument, as_json: Json = False) -> None:
    """Cancel what is not finished."""
    cancelled = cancel_batch(open_fleet(), batch)
    emit({"batch": batch, "cancelled": cancelled}) if as_json else say(f"{batch}: {cancelled:,} documents cancelled.")


def retry(batch: BatchArgument, password_file: PasswordFile = None, as_json: Json = False) -> None:
    """Send failed documents again."""
    retried = retry_batch(open_fleet(), batch, read_passwords(password_file) if password_file else ())
    emit({"batch": batch, "retried": retried}) if as_json else say(f"{batch}: {retried:,} documents sent again.")


def delete(
    batch: BatchArgument,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete a batch, its documents and its results.

    A document that another batch holds stays.
    """
    fleet = open_fleet()
    total = fleet.ledger.batch(batch).documents
    if not yes:
        confirm(f"Delete {batch}, its {total:,} documents and their results?")
    report = _delete(fleet, batch, total)
    if as_json:
        emit(report)


def expire(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which, and delete nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Delete the batches whose time is up.

    That is OCRFLEET_RETENTION_DAYS after their last document ended, or their --keep-days. What a submit left in the
    store that was cut off a day ago, or earlier, goes too.
    """
    fleet = open_fleet()
    reports: list[dict[str, Any]] = []
    for summary in expired(fleet):
        if dry_run:
            say(f"{summary.batch} would go, with {summary.documents:,} documents.")
            reports.append({"batch": summary.batch, "documents": summary.documents})
        else:
            reports.append(_delete(fleet, summary.batch, summary.documents))
    found = strays(fleet)
    swept = len(found) if dry_run else sweep(fleet, found)
    if swept:
        say(f"{swept:,} documents of no batch {'would go' if dry_run else 'are deleted'}: a submit was cut off.")
    if as_json:
        emit({"dry_run": dry_run, "batches": reports, "strays": swept})
    elif not reports:
        say("No batch's time is up.")


def _delete(fleet: Fleet, batch: str, total: int) -> dict[str, Any]:
    deleted = kept = 0
    with progress("delete", "documents", total) as meter:
        for gone in delete_batch(fleet, batch):
            deleted, kept = deleted + gone, kept + (not gone)
            meter.update(deleted + kept)
    stay = f" {kept:,} stay, since another batch holds them." if kept else ""
    say(f"{batch} is deleted, with {deleted:,} documents and their results.{stay}")
    return {"batch": batch, "deleted": deleted, "kept": kept}


def recover(
    batch: OptionalBatchArgument = None,
    every: Annotated[bool, typer.Option("--all", help="Every batch that the store has.")] = False,
    as_json: Json = False,
) -> None:
    """Rebuild the ledger after a loss of Redis.

    It is read from the store; only what is missing is sent.
    """
    if (batch is None) != every:
        raise UsageError("Say which batch: ocrfleet recover BATCH, or --all of them.")
    fleet = open_fleet()
    counts: dict[str, int] = {}
    for name in fleet.store.batches() if batch is None else [batch]:
        counts[name] = sum(recover_batch(fleet, name))
        say(f"{name}: {counts[name]:,} paths are back in the ledger.")
    if as_json:
        emit({"recovered": counts})
