"""The `ocrfleet` command: submit documents, watch batches, fetch results. What each does stands in the files beside."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from config.settings import Engine, Script
from jobs.batch import BatchSummary
from jobs.contract import DocumentState, Mode, Queue
from jobs.errors import UsageError
from jobs.password import read_passwords
from jobs.prompt import read_prompt
from jobs.words import read_words
from producer.audit import audit
from producer.batch import cancel as cancel_batch
from producer.batch import delete as delete_batch
from producer.batch import retry as retry_batch
from producer.command import (
    BatchArgument,
    BatchOption,
    Json,
    OptionalBatchArgument,
    PagesOption,
    PasswordFile,
    TextLayerOption,
    WordsOption,
    Yes,
    confirm,
    open_fleet,
    run,
)
from producer.console import STATUSES, Status, console, emit, emit_with, say, show
from producer.dead_cli import app as dead_app
from producer.export import Export, Format
from producer.fleet import Fleet
from producer.order import Wish, new_name
from producer.progress import progress
from producer.recover import recover as recover_batch
from producer.retention import expired
from producer.session import Session
from producer.status import batch_table, describe, document_line, review_lines, sentence
from producer.stray import strays, sweep
from producer.tally import ExportTally, SubmitTally
from producer.watch import wait, watch_json, watch_table
from producer.words import recurring

#: Batches that `status` shows and watches; `batches` pages through all of them.
NEWEST = 20

app = typer.Typer(
    epilog=STATUSES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Submit documents for OCR and correction, watch batches, fetch results.",
)
app.add_typer(dead_app, name="dead")


@app.command(epilog=STATUSES)
def submit(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Files, folders, patterns; zip and tar too.")
    ] = None,
    batch: BatchOption = None,
    prompt: Annotated[str | None, typer.Option(help="finance (default), medical or a text file.")] = None,
    prompt_text: Annotated[str | None, typer.Option(help="The prompt itself.")] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="off; guarded (follows the prompt); constrained (hardly does).")
    ] = None,
    engine: Annotated[Engine | None, typer.Option(help="OCR engine.")] = None,
    pages: PagesOption = None,
    words: WordsOption = None,
    text_layer: TextLayerOption = None,
    script: Annotated[Script | None, typer.Option(help="any: keep other glyphs than Latin ones.")] = None,
    password_file: PasswordFile = None,
    queue: Annotated[Queue | None, typer.Option(help="urgent overtakes backlog (default).")] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Days until `ocrfleet expire` may delete the ended batch.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Process anew; without PATH, the whole batch.")] = False,
    until_done: Annotated[bool, typer.Option("--wait", help="Wait until every document has ended.")] = False,
    as_json: Json = False,
) -> None:
    """Submit documents. Their type is told by content; what is no document is named and passed over.

    Each document in a zip or tar file is a document of its own, called archive.zip/folder/file.pdf.
    """
    if not paths and not (again and batch):
        raise UsageError("Say what to submit: ocrfleet submit PATH... (or --again --batch NAME, for a whole batch).")
    named = read_prompt(prompt or "", prompt_text) if prompt or prompt_text is not None else None
    passwords = read_passwords(password_file) if password_file else ()
    known = read_words(words) if words else None
    wish = Wish(queue, engine, mode, named, pages, known, text_layer, script, passwords, keep_days, again)
    session = Session(open_fleet(), batch or new_name(), sys.argv[1:])
    tally = session.send(paths or [], wish)
    _end_submission(session, tally, until_done=until_done, as_json=as_json)


def _end_submission(session: Session, tally: SubmitTally, *, until_done: bool, as_json: bool) -> NoReturn:
    say(tally.sentence(session.batch))
    report, ends = tally.describe(session.batch), tally.status
    if until_done and tally.accepted:
        summary = session.wait()
        say(sentence(summary))
        report["status"] = describe(summary)
        ends = Status.FAILED if summary.failed else ends
    if as_json:
        emit(report)
    raise typer.Exit(ends)


@app.command(epilog=STATUSES)
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


@app.command(epilog=STATUSES)
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


@app.command(epilog=STATUSES)
def results(
    batch: BatchArgument,
    out: Annotated[Path | None, typer.Option(help="Folder to write to. Default: the batch's name.")] = None,
    formats: Annotated[list[Format] | None, typer.Option("--format", help="May be given more than once.")] = None,
    include_truncated: Annotated[
        bool, typer.Option("--include-truncated", help="Also texts that Aspose.OCR cut off without a licence.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the results to a folder.

    One file for each submitted path, at the path it had (txt, json), or one for all (jsonl).
    """
    fleet = open_fleet()
    folder = out or Path(batch)
    summary = fleet.ledger.batch(batch)
    tally = ExportTally()
    with progress("results", "documents", summary.documents) as meter:
        export = Export(fleet, batch, folder, formats or [Format.TXT], include_truncated=include_truncated)
        for number, exported in enumerate(export.write(), 1):
            tally.add(exported)
            meter.update(number)
    for line in (*tally.lines(batch, str(folder)), *review_lines(summary)):
        say(line)
    if as_json:
        emit(tally.describe(batch, str(folder)) | summary.model_dump(include={"to_review", "audit"}))
    raise typer.Exit(tally.status)


@app.command(epilog=STATUSES)
def review(
    batch: BatchArgument,
    out: Annotated[Path | None, typer.Option(help="Folder to write to. Default: the batch's name and -review.")] = None,
    as_json: Json = False,
) -> None:
    """Write pages for a browser, before and after.

    They show what changed and why, and what a person should look at first.
    """
    from producer.review import Review

    fleet = open_fleet()
    made = Review(fleet, batch, out or Path(f"{batch}-review"))
    documents = 0
    with progress("review", "documents", fleet.ledger.batch(batch).documents) as meter:
        for documents, _ in enumerate(made.write(), 1):
            meter.update(documents)
    if as_json:
        emit({"batch": batch, "index": str(made.index), "documents": documents, **made.total})
    say(f"{documents:,} documents, {made.total['flagged']:,} figures to look at. Open {show(str(made.index))}")


@app.command(epilog=STATUSES)
def cancel(batch: BatchArgument, as_json: Json = False) -> None:
    """Cancel what is not finished."""
    cancelled = cancel_batch(open_fleet(), batch)
    emit({"batch": batch, "cancelled": cancelled}) if as_json else say(f"{batch}: {cancelled:,} documents cancelled.")


@app.command(epilog=STATUSES)
def retry(batch: BatchArgument, password_file: PasswordFile = None, as_json: Json = False) -> None:
    """Send failed documents again."""
    retried = retry_batch(open_fleet(), batch, read_passwords(password_file) if password_file else ())
    emit({"batch": batch, "retried": retried}) if as_json else say(f"{batch}: {retried:,} documents sent again.")


@app.command(epilog=STATUSES)
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


@app.command(epilog=STATUSES)
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


@app.command(epilog=STATUSES)
def verify(batch: BatchArgument, as_json: Json = False) -> None:
    """Check every result of a batch anew.

    No figure may differ from what was read without a witness that holds.
    """
    checked, broken = 0, []
    fleet = open_fleet()
    with progress("verify", "documents", fleet.ledger.batch(batch).done) as meter:
        for checked, (name, violations) in enumerate(audit(fleet, batch), 1):
            broken += [{"name": name, **asdict(violation)} for violation in violations]
            meter.update(checked)
    for each in broken:
        say(f"{show(each['name'])}: {', '.join(f'{key} {value}' for key, value in each.items() if key != 'name')}")
    if as_json:
        emit({"batch": batch, "checked": checked, "violations": broken})
    say(f"{batch}: {checked:,} results checked, {len(broken):,} promises broken.")
    raise typer.Exit(Status.FAILED if broken else Status.OK)


@app.command(epilog=STATUSES)
def words(
    batch: BatchArgument,
    least: Annotated[int, typer.Option(min=1, help="In how many documents a word must stand.")] = 2,
    as_json: Json = False,
) -> None:
    """List words that recur across a batch.

    Those that were read surely: for `submit --words FILE`, --again or of the next batch.
    """
    found = recurring(open_fleet(), batch, least)
    if as_json:
        emit({"batch": batch, "words": found})
        return
    for word in found:
        console().print(word, markup=False, highlight=False)


@app.command(epilog=STATUSES)
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


def main() -> None:
    """Run `ocrfleet`."""
    run(app)


if __name__ == "__main__":
    main()
