"""Reads one document here and now: the worker's pipeline without Redis, ledger or store."""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer
from pydantic import SecretStr, ValidationError

from config.settings import Settings
from jobs.contract import Mode, Recipe, TextLayerUse
from jobs.errors import UnsupportedDocument, UsageError
from jobs.finding import Finding, findings
from jobs.foreign import foreign
from jobs.media import HEAD_BYTES, sniff
from jobs.prompt import read_prompt
from jobs.result import DocumentResult
from jobs.selection import select
from workers.document.bounds import Bounds
from workers.document.pages import open_document
from workers.llm import LanguageModel
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.machine.gpu import resolve_gpu
from workers.machine.temporary import check_work_dir
from workers.models import find_model
from workers.ocr import OcrEngine, open_engine
from workers.ocr.cuda.processes import OcrProcesses
from workers.pipeline import Tools, assemble, read_page


def read_file(
    path: Path,
    settings: Settings,
    *,
    prompt: str,
    mode: Mode | None,
    gpu: str,
    pages: str = "",
    text_layer: TextLayerUse = "auto",
    passwords: Sequence[SecretStr] = (),
) -> DocumentResult:
    """Read and correct the document at `path`, and free everything at the end.

    Raises:
        PermanentError: the document can't be read.
        ModelError: no usable model.
        UsageError: no such prompt, mode, selection of pages or GPU, or no work_dir to write to.
    """
    check_work_dir(settings.work_dir)
    data = _load(path)
    head = data[:HEAD_BYTES]
    media_type = sniff(head)
    if media_type is None:
        raise UnsupportedDocument(f"{path} is {foreign(head)}.")
    recipe = _recipe(prompt, mode, pages).model_copy(update={"text_layer": text_layer})
    with open_document(data, media_type, Bounds.of(settings), lambda: passwords) as document:
        numbers = select(recipe.pages, document.page_count)
        statement = document.statement() if len(numbers) == document.page_count else None
        # Only now: a document that can't be read costs no loading of a model.
        with _ocr(settings, gpu) as ocr, _model(recipe.mode, settings, gpu) as model:
            tools = Tools(ocr=ocr, model=model, recipe=recipe)
            read = tuple(read_page(document, number, tools, dpi=settings.raster_dpi)[0] for number in numbers)
            fingerprint = tools.fingerprint  # asks the engine which model it has, where no page asked it anything
    return assemble(hashlib.sha256(data).hexdigest(), fingerprint, read, statement)


def print_result(result: DocumentResult, *, as_json: bool) -> None:
    """Print raw and corrected text with what changed and what a person must look at, or everything as JSON."""
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
        return
    if result.truncated:
        typer.secho("The text is cut off: Aspose.OCR has no licence.", fg="red", bold=True, err=True)
    found = list(findings(result))
    for page in result.pages:
        typer.secho(f"--- page {page.page}, as read", bold=True)
        typer.echo(page.raw_text)
        typer.secho(f"--- page {page.page}, corrected", bold=True)
        typer.echo(page.text)
        for line in page.lines:
            for change in line.changes:
                typer.secho(
                    f"  changed {change.raw!r} to {change.final!r} ({change.source}: {change.witness})", fg="green"
                )
            for refusal in line.refusals:
                typer.secho(f"  refused {refusal.raw!r} to {refusal.proposed!r} ({refusal.reason})", fg="yellow")
        _print_findings(each for each in found if each.page == page.page)
    _print_findings(each for each in found if each.page is None)


def _print_findings(found: Iterable[Finding]) -> None:
    for each in found:
        place = f"line {each.line}, " if each.line else ""
        readings = "".join(f" or {reading!r}" for reading in each.readings)
        typer.secho(f"  look at {place}{each.kind} {each.final!r}{readings} ({each.reason})", fg="red")


def _load(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"Can't read {path}: {error.strerror}.") from None


def _recipe(prompt: str, mode: Mode | None, pages: str) -> Recipe:
    name, text = read_prompt(prompt)
    wanted = {"prompt_name": name, "prompt": text, "pages": pages} | ({"mode": mode} if mode else {})
    try:
        return Recipe.model_validate(wanted)
    except ValidationError as error:
        said = "; ".join(f"--{each['loc'][0]}: {each['msg'].removeprefix('Value error, ')}" for each in error.errors())
        raise UsageError(f"{said}.") from None


@contextlib.contextmanager
def _ocr(settings: Settings, gpu: str) -> Iterator[OcrEngine]:
    with contextlib.closing(OcrProcesses(settings, (resolve_gpu(gpu),))) as processes:
        if settings.ocr_device == "gpu":  # with auto, a document alone is read sooner than CUDA loads
            processes.start()
        with contextlib.closing(open_engine(settings.engine, settings, processes.socket_path(0))) as engine:
            yield engine


@contextlib.contextmanager
def _model(mode: Mode, settings: Settings, gpu: str) -> Iterator[LanguageModel | None]:
    if mode == "off":
        yield None
        return
    with (
        contextlib.closing(EngineService(find_model(settings), settings, resolve_gpu(gpu))) as engine,
        contextlib.closing(EngineClient(engine.start(), settings.ask_timeout_s)) as client,
    ):
        yield client
