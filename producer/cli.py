"""The `ocrfleet` command, and `submit`, which takes documents in; the other commands stand in the files beside."""

import sys
from typing import Annotated, NoReturn

import typer

from config.settings import Engine, Script
from jobs.contract import Mode, Queue
from jobs.errors import UsageError
from jobs.password import read_passwords
from jobs.prompt import read_prompt
from jobs.version import version_option
from jobs.words import read_words
from producer.commands.batch import cancel, delete, expire, recover, retry
from producer.commands.dead import app as dead_app
from producer.commands.option import (
    BatchOption,
    Json,
    PagesOption,
    PasswordFile,
    TextLayerOption,
    WordsOption,
    open_fleet,
    run,
)
from producer.commands.result import results, review, verify, words
from producer.commands.status import batches, status
from producer.order import Wish, new_name
from producer.session import Session
from producer.terminal.console import STATUSES, emit, say
from producer.terminal.status import describe, ended, next_lines, sentence
from producer.terminal.tally import SubmitTally

app = typer.Typer(
    epilog=STATUSES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Submit documents for OCR and correction, watch batches, fetch results.",
)
app.add_typer(dead_app, name="dead")


@app.callback()
def ocrfleet(version: Annotated[bool, version_option("ocrfleet")] = False) -> None:
    """What stands before a command."""


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
        report["status"] = describe(summary)
        ends = ended(summary) or ends
        say(sentence(summary), *next_lines(summary))
    elif tally.accepted:
        session.say_what_is_left(tally)
    if as_json:
        emit(report)
    raise typer.Exit(ends)


for command in (status, batches, results, review, cancel, retry, delete, expire, verify, words, recover):
    app.command(epilog=STATUSES)(command)


def main() -> None:
    """Run `ocrfleet`."""
    run(app)


if __name__ == "__main__":
    main()
