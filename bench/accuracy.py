"""Accuracy on real scans: `python -m bench.accuracy --data DIR [--mode M] [--model FILE] [--limit N] --json`.

DIR holds NAME.jpg or NAME.png with NAME.txt, the page's true text. OCR lines are matched to it first (bench.match),
whatever the reading order. Character error rates are of the corpus: edits over characters of all matched lines. What
OCR did not read at all, or invented, no correction can mend: it is counted apart (characters_unread, _invented).
"""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.progress import track

from bench.match import match
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
from workers.ocr import OcrEngine, OcrLine, PageImage, open_engine

app = typer.Typer(add_completion=False)


@app.command()
def measure(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    mode: Annotated[str, typer.Option(help="off, guarded or constrained.")] = Recipe().mode,
    model: Annotated[Path | None, typer.Option(help="GGUF file; otherwise as the settings say.")] = None,
    limit: Annotated[int | None, typer.Option(help="So many pages only.")] = None,
    prompt: Annotated[str, typer.Option(help="Prompt: finance, medical or a file.")] = "finance",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Read and correct every page and hold it against its true text."""
    settings = Settings(file_model_path=model) if model else Settings()
    name, text = read_prompt(prompt)
    recipe = Recipe.model_validate({"mode": mode, "prompt_name": name, "prompt": text})
    images = [path for path in sorted(data.iterdir()) if path.suffix in (".jpg", ".png") and _truth(path).exists()]
    with contextlib.closing(open_engine("rapidocr", settings)) as ocr, _model(recipe.mode, settings) as asked:
        tallies = [_page(path, ocr, asked, recipe) for path in track(images[:limit], disable=as_json)]
    report = _report(data, tallies, recipe.mode, asked)
    for key, value in () if as_json else report.items():
        typer.echo(f"{key:28} {value}")
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))


def _page(path: Path, ocr: OcrEngine, model: LanguageModel | None, recipe: Recipe) -> tuple[str, Tally]:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    start = time.perf_counter()
    lines = ocr.read(PageImage(pixels, dpi=150))
    read = time.perf_counter()
    page = _corrected(lines, pixels.shape, model, recipe)
    tally = Tally(pages=1, seconds_ocr=read - start, seconds_correction=time.perf_counter() - read)
    found = match([line.raw for line in page.lines], _truth(path).read_text(encoding="utf-8"))
    tally.characters_unread = sum(map(len, found.unread))
    for line, truth in zip(page.lines, found.truths, strict=True):
        tally.add(line, truth)
    return path.name, tally


def _corrected(
    lines: tuple[OcrLine, ...], shape: tuple[int, ...], model: LanguageModel | None, recipe: Recipe
) -> PageResult:
    provenance = Provenance(
        pipeline_version=PIPELINE_VERSION,
        engine="rapidocr",
        model=model.name if model else "",
        model_sha256=model.sha256 if model else "",
        mode=recipe.mode,
        prompt_name=recipe.prompt_name,
        prompt=recipe.prompt,
    )
    page = PageResult(page=1, width_px=shape[1], height_px=shape[0], dpi=150, seconds={}, provenance=provenance,
                      lines=correct_page(lines, recipe, model))  # fmt: skip
    return settle((page,))[0][0]


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


def _truth(image: Path) -> Path:
    return image.with_suffix(".txt")


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
