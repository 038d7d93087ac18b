"""`ocrfleet-worker models`: list, pull, verify."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from config.settings import Settings, read_settings
from jobs.errors import ModelError
from workers.models import ModelFile
from workers.models.file import open_model, parts_of
from workers.models.file import verify as verify_parts
from workers.models.folder import by_hand, directory_of, in_folder
from workers.models.license import License, license_of
from workers.models.progress import Progress, in_tenths, mib
from workers.models.survey import Entry, choice_of, survey

app = typer.Typer(
    help="The correction model: list, pull, verify.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models in the folder.

    It says which one is chosen, and why.
    """
    settings = read_settings()
    entries = survey(settings)
    if as_json:
        _print_json({"directory": directory_of(settings), "models": [asdict(each) for each in entries]})
        return
    typer.echo(f"Models in {directory_of(settings)}:")
    for entry in entries:
        _print_entry(entry)
    if not any(each.chosen for each in entries):
        typer.echo(f"None is chosen: {choice_of(settings)[1]}. `ocrfleet-worker models pull` fetches that.")
        typer.echo(by_hand(settings))


@app.command()
def pull(
    repo: Annotated[str | None, typer.Argument(help="Repository on the hub; default: the one in the settings.")] = None,
    quantization: Annotated[str | None, typer.Option(help="int8, fp16, q4_k_m, …")] = None,
    file: Annotated[str | None, typer.Option(help="Exact file in the repository; beats --quantization.")] = None,
    as_json: Json = False,
) -> None:
    """Fetch a model from the hub into the folder. A download that broke off is resumed."""
    settings = read_settings()
    with _progress() as progress:
        wanted = _asked(settings, repo, quantization, file)
        _say_notice(license_of(wanted.hugging_face_repo_id, {}))  # before gigabytes are fetched
        parts = in_folder(wanted)
        if parts is None:
            from workers.models.hub import pull as fetch  # 0.5 s, for those who need it

            parts = fetch(wanted, progress)
        _print_model(open_model(parts, progress), as_json)
        if not as_json and wanted.hugging_face_repo_id != settings.hugging_face_repo_id:
            typer.echo(f"To use it: OCRFLEET_FILE_MODEL_PATH={parts[0]}")


@app.command()
def verify(
    path: Annotated[Path | None, typer.Argument(help="A GGUF file; default: the chosen model.")] = None,
    as_json: Json = False,
) -> None:
    """Check header, length and SHA-256 of a model. Reads every byte."""
    settings = read_settings()
    with _progress() as progress:
        parts = parts_of(path.absolute()) if path else choice_of(settings)[0]
        if parts is None:
            raise ModelError(f"There is no model to check: run `ocrfleet-worker models pull`. {by_hand(settings)}")
        compared = verify_parts(parts, progress)
        model = open_model(parts)
        _say_notice(model.license)
        _print_model(model, as_json, compared=compared)
        if not as_json:
            typer.echo(
                "unchanged" if compared else "checksum kept from now on: compare it with the one on the hub's page"
            )


def _asked(settings: Settings, repo: str | None, quantization: str | None, file: str | None) -> Settings:
    asked: dict[str, Any] = {"file_model_path": None}
    if repo or quantization or file:
        asked["hugging_face_file_name"] = file
    if repo:
        asked["hugging_face_repo_id"] = repo
    if quantization:
        asked["hugging_face_quantization"] = quantization
    return settings.model_copy(update=asked)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar with rate and time left on a terminal, plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield in_tenths(lambda line: typer.echo(line, err=True))
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Bars(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total, completed=done)
            bars.update(tasks[what], completed=done)

        yield report


def _print_entry(entry: Entry) -> None:
    typer.echo(f"{'*' if entry.chosen else ' '} {entry.name}  {entry.quantization}  {mib(entry.size_bytes)}")
    typer.echo(f"    {entry.path}")
    typer.echo(f"    license {entry.license.name}; sha256 {entry.sha256 or 'not computed yet'}")
    for line in (entry.chosen and f"chosen: {entry.chosen}", entry.problem, entry.license.notice):
        if line:
            typer.echo(f"    {line}")


def _print_model(model: ModelFile, as_json: bool, **more: bool) -> None:
    if as_json:
        _print_json({**asdict(model), "notice": model.license.notice, **more})
        return
    typer.echo(f"{model.name}  {mib(model.size_bytes)}  license {model.license.name}")
    typer.echo(f"sha256 {model.sha256}")
    for part in model.parts:
        typer.echo(str(part))


def _say_notice(license: License) -> None:
    if license.notice:
        typer.echo(license.notice, err=True)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, default=str, ensure_ascii=False))
