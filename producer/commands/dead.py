"""`ocrfleet dead`: list, show, retry and drop the documents that failed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from jobs.batch import DeadLetter
from jobs.errors import UsageError
from producer import dead
from producer.commands.option import BatchArgument, Json, OptionalBatchArgument, Yes, confirm, open_fleet
from producer.fleet import Fleet
from producer.terminal.console import STATUSES, console, counted, emit, emit_with, say, show

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, epilog=STATUSES, help="Dead letters: the documents that failed."
)

Document = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="Its path as submitted, or the first digits of its content.")
]
Documents = Annotated[list[str] | None, typer.Argument(metavar="DOCUMENT", help="As in `dead show`.")]
Every = Annotated[bool, typer.Option("--all", help="Every dead letter of the batch.")]


@app.command("list", epilog=STATUSES)
def list_letters(batch: OptionalBatchArgument = None, as_json: Json = False) -> None:
    """List dead letters, of one batch or of all."""
    fleet = open_fleet()
    if batch is not None:
        fleet.ledger.batch(batch)  # it is there: else not a word on standard output
    found = dead.letters(fleet, batch)
    if as_json:
        emit_with({"batch": batch}, "dead", (letter.model_dump(mode="json") for letter in found))
        return
    out = console()
    for letter in found:
        parts = (letter.batch, letter.document[:12], show(letter.names[0]), show(letter.reason))
        out.print("  ".join(parts), soft_wrap=True)


@app.command("show", epilog=STATUSES)
def show_letter(batch: BatchArgument, document: Document, as_json: Json = False) -> None:
    """Show why a document failed.

    And after how many attempts, when and where, with the last lines of its log.
    """
    (letter,) = dead.find(open_fleet(), batch, [document])
    if as_json:
        emit(letter.model_dump(mode="json"))
        return
    out = console()
    for line in _describe(letter):
        out.print(line, soft_wrap=True)


@app.command(epilog=STATUSES)
def retry(batch: BatchArgument, documents: Documents = None, every: Every = False, as_json: Json = False) -> None:
    """Send dead letters again."""
    fleet = open_fleet()
    retried = dead.retry(fleet, batch, _chosen(fleet, batch, documents, every))
    if as_json:
        emit({"batch": batch, "retried": retried})
    else:
        say(f"{batch}: {counted(retried, 'document')} sent again.")


@app.command(epilog=STATUSES)
def drop(
    batch: BatchArgument, documents: Documents = None, every: Every = False, yes: Yes = False, as_json: Json = False
) -> None:
    """Forget dead letters.

    As if they had never been submitted to the batch.
    """
    fleet = open_fleet()
    contents = _chosen(fleet, batch, documents, every)
    if not yes:
        confirm(f"Drop {counted(len(contents), 'document')} of {batch}?")
    dropped = dead.drop(fleet, batch, contents)
    if as_json:
        emit({"batch": batch, "dropped": dropped})
    else:
        say(f"{batch}: {counted(dropped, 'document')} dropped.")


def _chosen(fleet: Fleet, batch: str, documents: list[str] | None, every: bool) -> list[str]:
    if bool(documents) == every:
        raise UsageError("Say which documents, or --all of the batch's dead letters. See: ocrfleet dead list")
    letters = dead.letters(fleet, batch) if every else dead.find(fleet, batch, documents or [])
    return [letter.document for letter in letters]


def _describe(letter: DeadLetter) -> Iterator[str]:
    yield f"document  {letter.document}"
    yield from (f"path      {show(name)}" for name in letter.names)
    yield f"reason    {show(letter.reason)}"
    yield f"attempts  {letter.attempts}"
    yield f"died      {datetime.fromtimestamp(letter.died_s):%Y-%m-%d %H:%M:%S}"
    if letter.node:
        yield f"node      {letter.node}; its log names the document {letter.document[:12]}"
    yield from (f"log       {show(line)}" for line in letter.log)
