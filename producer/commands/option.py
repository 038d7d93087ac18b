"""What all commands of `ocrfleet` share: how an error reads and which exit status it has, and their common options."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from config.settings import WrongSettings, read_settings, unknown_names
from jobs.contract import BatchId, TextLayerUse
from jobs.errors import OcrFleetError, RetryableError, UsageError
from jobs.selection import checked
from producer.fleet import Fleet
from producer.terminal.console import Status, say


def run(app: typer.Typer) -> None:
    """Run a command and end the process. An error is one line on standard error: its cause and what mends it."""
    try:
        app()
    except OcrFleetError as error:
        say(f"ocrfleet: {error}")
        sys.exit(status_of(error))


def status_of(error: OcrFleetError) -> Status:
    """Tell the exit status of an error."""
    if isinstance(error, UsageError):
        return Status.USAGE
    return Status.UNAVAILABLE if isinstance(error, RetryableError) else Status.FAILED


def open_fleet() -> Fleet:
    """Open what the settings name.

    Raises:
        UsageError: a setting is wrong; the message names it, never its value.
    """
    try:
        settings = read_settings()
    except WrongSettings as error:
        raise UsageError(str(error)) from None
    for unknown in unknown_names():
        say(f"Passed over: {unknown}")
    return Fleet.open(settings)


def check_batch(name: str | None) -> str | None:
    """Check a batch's name as it was typed."""
    try:
        return None if name is None else TypeAdapter(BatchId).validate_python(name)
    except ValidationError:
        raise typer.BadParameter(
            "a batch's name has up to 80 of a-z, 0-9, '.', '_', '-' and starts with a letter or digit"
        ) from None


def check_pages(selection: str | None) -> str | None:
    """Check a selection of pages as it was typed."""
    try:
        return None if selection is None else checked(selection)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def confirm(question: str) -> None:
    """Ask, and end the command if the answer is no.

    Raises:
        UsageError: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise UsageError(f"{question} There is nobody to ask: say it with --yes.")
    if not typer.confirm(question, err=True):
        raise typer.Exit(Status.OK)


BatchArgument = Annotated[str, typer.Argument(callback=check_batch, metavar="BATCH", help="Its name.")]
OptionalBatchArgument = Annotated[str | None, typer.Argument(callback=check_batch, metavar="BATCH", help="Its name.")]
BatchOption = Annotated[str | None, typer.Option("--batch", callback=check_batch, help="A new or existing batch.")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="Passwords of encrypted PDFs, one a line.")]
PagesOption = Annotated[
    str | None, typer.Option(callback=check_pages, help="Which of each document: 1-3,7,-1. Default: all.")
]
TextLayerOption = Annotated[
    TextLayerUse | None, typer.Option(help="A PDF's own text: auto (default: where it is sound), ignore or only.")
]
WordsOption = Annotated[
    Path | None, typer.Option(help="A text file of names and words of these documents: ocrfleet words.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, messages on standard error.")]
