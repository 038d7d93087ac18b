"""Accuracy on real scans: `python -m bench.accuracy --data DIR [--mode M] [--model FILE] [--limit N] --json`.

DIR holds NAME.jpg or NAME.png with NAME.txt, the page's true text; NAME-p1 and NAME-p2 are pages of one document. OCR
lines are matched to it first (bench.match), whatever the reading order. Character error rates are of the corpus: edits
over characters of all matched lines. What OCR did not read at all, or invented, no correction can mend: it is counted
apart (characters_unread, _invented). --lines DIR keeps what OCR read, and takes it from there the next time.
"""

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from bench.ideal import vouched
from bench.match import match
from bench.scan import Reading, Scan, documents, read
from bench.tally import Tally, interval
from config.settings import Settings
from jobs.contract import PIPELINE_VERSION, Mode, Recipe
from jobs.prompt import read_prompt
from jobs.result import PageResult, Provenance
from workers.correction.settlement import settle
from workers.corrector import correct_page
from workers.llm import LanguageModel
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.models import find_model
from workers.ocr import OcrEngine, open_engine

app = typer.Typer(add_completion=False)


@app.command()
def measure(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    mode: Annotated[str, typer.Option(help="off, guarded or constrained.")] = Recipe().mode,
    model: Annotated[Path | None, typer.Option(help="GGUF file; otherwise as the settings say.")] = None,
    limit: Annotated[int | None, typer.Option(help="So many pages only.")] = None,
    prompt: Annotated[str, typer.Option(help="Prompt: finance, medical or a file.")] = "finance",
    lines: Annotated[Path | None, typer.Option(help="Folder that keeps what OCR read, for the next run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Read and correct every page and hold it against its true text."""
    settings = Settings(file_model_path=model) if model else Settings()
    name, text = read_prompt(prompt)
    recipe = Recipe.model_validate({"mode": mode, "prompt_name": name, "prompt": text})
    with contextlib.closing(open_engine("rapidocr", settings)) as ocr, _model(recipe.mode, settings) as asked:
        found = track(documents(data, limit), disable=as_json)
        tallies = [tally for scans in found for tally in _document(scans, ocr, asked, recipe, lines)]
    report = _report(data, tallies, recipe.mode, asked)
    for key, value in () if as_json else report.items():
        typer.echo(f"{key:28} {value}")
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))


def _document(
    scans: Sequence[Scan], ocr: OcrEngine, model: LanguageModel | None, recipe: Recipe, keep: Path | None
) -> list[tuple[str, Tally]]:
    """Read, correct and settle a document as a worker does, and count each of its pages."""
    readings = [read(scan, ocr, keep) for scan in scans]
    start = time.perf_counter()
    pages = tuple(_corrected(number, each, model, recipe) for number, each in enumerate(readings, 1))
    pages, _ = settle(pages)
    seconds = (time.perf_counter() - start) / len(pages)
    matches = [
        match([line.raw for line in page.lines], scan.truth.read_text(encoding="utf-8"))
        for page, scan in zip(pages, scans, strict=True)
    ]
    could = vouched(pages, [found.truths for found in matches])
    tallies = []
    for page, found, witnessed, reading in zip(pages, matches, could, readings, strict=True):
        tally = Tally(pages=1, seconds_ocr=reading.seconds, seconds_correction=seconds)
        tally.characters_unread = sum(map(len, found.unread))
        for line, truth, figures in zip(page.lines, found.truths, witnessed, strict=True):
            tally.add(line, truth, figures)
        tallies.append(tally)
    return [(scan.name, tally) for scan, tally in zip(scans, tallies, strict=True)]


def _corrected(number: int, reading: Reading, model: LanguageModel | None, recipe: Recipe) -> PageResult:
    provenance = Provenance(
        pipeline_version=PIPELINE_VERSION,
        engine="rapidocr",
        model=model.name if model else "",
        model_sha256=model.sha256 if model else "",
        mode=recipe.mode,
        prompt_name=recipe.prompt_name,
        prompt=recipe.prompt,
    )
    return PageResult(page=number, width_px=reading.width_px, height_px=reading.height_px, dpi=150, seconds={},
                      provenance=provenance, lines=correct_page(reading.lines, recipe, model))  # fmt: skip


def _report(data: Path, tallies: list[tuple[str, Tally]], mode: Mode, model: LanguageModel | None) -> dict[str, object]:
    pages = [tally for _, tally in tallies]
    report: dict[str, object] = {"mode": mode, "model": model.name if model else ""}
    report |= sum(pages, Tally()).report()
    report["intervals_95"] = {
        key: interval(pages, key) for key in ("cer_raw", "cer_corrected", "lines_mended", "lines_harmed")
    }
    levels = _levels(data)
    for level in sorted(set(levels.values())):
        chosen = [tally for name, tally in tallies if levels.get(name) == level]
        report[level] = sum(chosen, Tally()).report()
    worst = sorted(tallies, key=lambda each: -each[1].errors_corrected)[:10]
    report["worst_pages"] = {name: tally.errors_corrected for name, tally in worst}
    return report


def _levels(data: Path) -> dict[str, str]:
    """The level of degradation of each scan, where the folder's parent has an index of them."""
    index = data.parent / "index.json"
    return {each["scan"]: each["level"] for each in json.loads(index.read_text())} if index.exists() else {}


@contextlib.contextmanager
def _model(mode: Mode, settings: Settings) -> Iterator[LanguageModel | None]:
    if mode == "off":
        yield None
        return
    with (
        contextlib.closing(EngineService(find_model(settings), settings, None)) as engine,
        contextlib.closing(EngineClient(engine.start(), settings.ask_timeout_s)) as client,
    ):
        yield client


if __name__ == "__main__":
    app()
