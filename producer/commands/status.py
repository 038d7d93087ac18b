"""What `ocrfleet` tells of batches: how far they are, their documents, what a person must look at."""

from dataclasses import asdict
from typing import Annotated, NoReturn

import typer

from jobs.batch import BatchSummary
from jobs.contract import DocumentState
from jobs.errors import UsageError
from producer.commands.option import Json, OptionalBatchArgument, open_fleet
from producer.fleet import Fleet
from producer.results.finding import RESULT_GONE, to_review
from producer.terminal.console import console, counted, emit, emit_with, say, show
from producer.terminal.status import (
    NO_WORKER,
    batch_table,
    describe,
    document_line,
    ended,
    finding_line,
    next_lines,
    sentence,
)
from producer.terminal.watch import wait, watch_json, watch_table

#: Batches that `status` shows and watches; `batches` pages through all of them.
NEWEST = 20


def status(
    batch: OptionalBatchArgument = None,
    watch: Annotated[bool, typer.Option("--watch", help="Until every document has ended.")] = False,
    documents: Annotated[bool, typer.Option("--documents", help="List the batch's documents, one a line.")] = False,
    state: Annotated[DocumentState | None, typer.Option(help="List only documents in this state.")] = None,
    review: Annotated[
        bool, typer.Option("--to-review", help="List only what a person must look at: documents, figures and why.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how far a batch is, or the newest ones."""
    lists = documents or state is not None
    if batch is None and (lists or review):
        raise UsageError("Say of which batch: ocrfleet status BATCH --documents (or --state STATE, --to-review).")
    if watch + lists + review > 1:
        raise UsageError("Say one of --watch, --documents (or --state STATE) and --to-review.")
    fleet = open_fleet()
    if batch is None:
        _show_newest(fleet, watch=watch, as_json=as_json)
    elif review:
        _list_to_review(fleet, batch, as_json=as_json)
    elif lists:
        _list_documents(fleet, batch, state, as_json=as_json)
    elif watch:
        _watch(fleet, batch, as_json=as_json)
    else:
        summary = fleet.ledger.batch(batch)
        _tell(summary, as_json=as_json)
        if fleet.is_waiting(summary):
            say(NO_WORKER)


def _tell(summary: BatchSummary, *, as_json: bool) -> None:
    emit(describe(summary)) if as_json else console().print(sentence(summary), soft_wrap=True)


def _watch(fleet: Fleet, batch: str, *, as_json: bool) -> NoReturn:
    if as_json:
        (summary,) = watch_json(lambda: [fleet.ledger.batch(batch)])
    else:
        summary = wait(fleet, batch)
        _tell(summary, as_json=False)
        say(*next_lines(summary))
    raise typer.Exit(ended(summary))


def _list_documents(fleet: Fleet, batch: str, state: DocumentState | None, *, as_json: bool) -> None:
    summary, entries = fleet.ledger.batch(batch), fleet.documents(batch, state)
    if as_json:
        emit_with(describe(summary), "entries", (entry.model_dump(mode="json") for entry in entries))
        return
    out = console()
    for entry in entries:
        out.print(document_line(entry), soft_wrap=True)


def _list_to_review(fleet: Fleet, batch: str, *, as_json: bool) -> None:
    summary, found = fleet.ledger.batch(batch), to_review(fleet, batch)
    if as_json:
        each = (entry.model_dump(mode="json") | {"findings": list(map(asdict, seen))} for entry, seen in found)
        emit_with(describe(summary), "entries", each)
        return
    out = console()
    for entry, seen in found:
        out.print(document_line(entry), soft_wrap=True)
        for finding in seen:
            out.print(finding_line(finding), soft_wrap=True)
        if not seen:
            say(f"{show(entry.names[0])}: {RESULT_GONE}")
    if not summary.to_review:
        say(f"{batch} has nothing to review{'' if summary.finished == summary.documents else ' yet'}.")
    if summary.failed:
        say(f"{counted(summary.failed, 'document')} failed: ocrfleet dead list {batch}")


def _show_newest(fleet: Fleet, *, watch: bool, as_json: bool) -> None:
    def look() -> list[BatchSummary]:
        return fleet.ledger.batches(0, NEWEST)

    if watch:
        raise typer.Exit(ended(*(watch_json(look) if as_json else watch_table(look))))
    _table(look(), as_json=as_json)


def batches(
    offset: Annotated[int, typer.Option(min=0, help="How many of the newest to leave out.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List batches, the newest first."""
    _table(open_fleet().ledger.batches(offset, limit), as_json=as_json)


def _table(summaries: list[BatchSummary], *, as_json: bool) -> None:
    if as_json:
        emit({"batches": [describe(summary) for summary in summaries]})
    elif summaries:
        console().print(batch_table(summaries))
    else:
        say("There is no batch. To make one: ocrfleet submit PATH")
