"""What `ocrfleet` does with batches: cancel, retry, delete and recover them."""

from typing import Annotated, Any

import typer

from jobs.errors import UsageError
from jobs.password import read_passwords
from producer.batch import cancel as cancel_batch
from producer.batch import delete as delete_batch
from producer.batch import retry as retry_batch
from producer.commands.option import BatchArgument, Json, OptionalBatchArgument, PasswordFile, Yes, confirm, open_fleet
from producer.fleet import Fleet
from producer.recover import recover as recover_batch
from producer.retention import expired
from producer.stray import strays, sweep
from producer.terminal.console import counted, emit, say
from producer.terminal.progress import progress


def cancel(batch: BatchArgument, as_json: Json = False) -> None:
    """Cancel what is not finished.

    Pages that are done stay done: `ocrfleet retry` goes on with the others.
    """
    cancelled = cancel_batch(open_fleet(), batch)
    if as_json:
        emit({"batch": batch, "cancelled": cancelled})
        return
    way_back = f" To go on with them: ocrfleet retry {batch}" if cancelled else ""
    say(f"{batch}: {counted(cancelled, 'document')} cancelled.{way_back}")


def retry(batch: BatchArgument, password_file: PasswordFile = None, as_json: Json = False) -> None:
    """Send again what failed or was cancelled.

    What is done is left alone: for that, `ocrfleet submit --again --batch BATCH`.
    """
    retried = retry_batch(open_fleet(), batch, read_passwords(password_file) if password_file else ())
    if as_json:
        emit({"batch": batch, "retried": retried})
    else:
        say(f"{batch}: {counted(retried, 'document')} sent again.")


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
        confirm(f"Delete {batch}, {counted(total, 'document')} and all results?")
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
            say(f"{summary.batch} would go, with {counted(summary.documents, 'document')}.")
            reports.append({"batch": summary.batch, "documents": summary.documents})
        else:
            reports.append(_delete(fleet, summary.batch, summary.documents))
    found = strays(fleet)
    swept = len(found) if dry_run else sweep(fleet, found)
    if swept:
        say(f"{counted(swept, 'document')} of no batch {'would go' if dry_run else 'deleted'}: a submit was cut off.")
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
    stay = f" {counted(kept, 'document')} kept for another batch." if kept else ""
    say(f"{batch} is deleted, with {counted(deleted, 'document')} and all results.{stay}")
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
        say(f"{name}: {counted(counts[name], 'path')} back in the ledger.")
    if as_json:
        emit({"recovered": counts})
