"""What `ocrfleet` does with the results of a batch: write, show, check and learn from them."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from producer.commands.option import BatchArgument, Json, open_fleet
from producer.results.audit import audit
from producer.results.export import Export, Format
from producer.results.words import recurring
from producer.terminal.console import Status, console, counted, emit, say, show
from producer.terminal.progress import progress
from producer.terminal.status import audit_sentence, next_lines
from producer.terminal.tally import ExportTally


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

    One file for each submitted path, at the path it had (txt, json), or one for all: jsonl, and csv, a checklist with a
    row for each figure that a person must look at and each document without a result.
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
    figures = [f"{audit_sentence(summary.audit)}."] if summary.audit.figures else []
    say(*tally.lines(batch, str(folder)), *figures, *next_lines(summary))
    if as_json:
        emit(tally.describe(batch, str(folder)) | summary.model_dump(include={"to_review", "audit"}))
    raise typer.Exit(tally.status)


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
    needed = f"{made.total['needs_a_person']:,} that a person must look at"
    say(f"{counted(documents, 'document')}, {needed}. Open {show(str(made.index))}")


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
    say(f"{batch}: {counted(checked, 'result')} checked, {counted(len(broken), 'promise')} broken.")
    raise typer.Exit(Status.FAILED if broken else Status.OK)


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
    out = console()
    for word in found:
        out.print(word)
