"""Which ocrfleet this is: `--version` of both commands."""

from importlib.metadata import version
from typing import Any

import typer

from jobs.contract import PIPELINE_VERSION


def version_option(command: str) -> Any:  # noqa: ANN401 - as typer's own
    """Make the option that says it, and ends the command. Results differ between pipelines, not between releases."""

    def tell(asked: bool) -> None:
        if asked:
            typer.echo(f"{command} {version('ocrfleet')} (pipeline {PIPELINE_VERSION})")
            raise typer.Exit

    return typer.Option("--version", is_eager=True, callback=tell, help="Say which version this is.")
