"""The recipe for a page and for a document: plain functions, no queue, no ledger."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from jobs.contract import PIPELINE_VERSION, Recipe
from jobs.lease import Pin
from jobs.result import DocumentResult, LineResult, PageResult, Provenance, Statement
from workers.correction.settlement import settle
from workers.correction.statement import compared
from workers.corrector import correct_page
from workers.document.layer import TextLayer
from workers.document.own_text import in_order, own_text, read_rest
from workers.document.pages import Pages
from workers.llm import LanguageModel
from workers.ocr import OcrEngine, OcrLine, PageImage

T = TypeVar("T")

#: In the place of an OCR engine's name, where a page is read from the PDF's own text.
OWN_TEXT = "pdf text"


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading a page takes: the engine, the model (None where the mode needs none) and the recipe."""

    ocr: OcrEngine
    model: LanguageModel | None
    recipe: Recipe

    def provenance(self, layer: TextLayer) -> Provenance:
        """Name what makes a page: its own text is exact, so no model and no mode has a part in it."""
        model = self.model if layer.rest else None
        made_by = [OWN_TEXT] * bool(layer.lines or not layer.rest) + [self.ocr.name] * bool(layer.rest)
        return Provenance(
            pipeline_version=PIPELINE_VERSION,
            engine=" + ".join(made_by),
            model=model.name if model else "",
            model_sha256=model.sha256 if model else "",
            mode=self.recipe.mode if layer.rest else "off",
            prompt_name=self.recipe.prompt_name,
            prompt=self.recipe.prompt,
            truncated=self.ocr.truncated and layer.rest is not None,
        )

    @property
    def pin(self) -> Pin:
        """What the parts of a document that is begun with these are pinned to."""
        return Pin(fingerprint=self.fingerprint, engine=self.ocr.name)

    @property
    def fingerprint(self) -> str:
        """Name what the results depend on besides the content."""
        return self.recipe.fingerprint(engine=self.ocr.name, model_sha256=self.model.sha256 if self.model else "")


def read_page(
    document: Pages, number: int, tools: Tools, *, dpi: int, on_stage: Callable[[str], object] = str
) -> tuple[PageResult, PageImage]:
    """Rasterise page `number` (from 1), take its own text or read it, correct what was read.

    `on_stage` hears the name of each stage as it begins.

    Raises:
        PermanentError: the page can't be read.
        EngineUnavailable: the model could not be asked; the page is not done.
    """
    clock = _Clock(on_stage)
    image = clock.time("raster", lambda: document.render(number, dpi))
    layer = clock.time("text", lambda: own_text(document, number, image, tools.recipe.text_layer, dpi))
    read = clock.time("ocr", lambda: read_rest(layer.rest, tools.ocr))
    corrected = clock.time("correction", lambda: correct_page(read, tools.recipe, tools.model))
    page = PageResult(
        page=number,
        width_px=image.width_px,
        height_px=image.height_px,
        dpi=image.dpi,
        lines=in_order(layer, [_placed(line, seen) for line, seen in zip(corrected, read, strict=True)]),
        provenance=tools.provenance(layer),
        seconds=clock.seconds,
    )
    return page, image


def _placed(line: LineResult, seen: OcrLine) -> LineResult:
    return line.model_copy(update={"words": seen.words})


def assemble(
    content: str, fingerprint: str, pages: tuple[PageResult, ...], statement: Statement | None = None
) -> DocumentResult:
    """Put the pages together and settle the figures, since an invoice's arithmetic and its XML span pages."""
    settled, arithmetic = settle(pages, statement)
    return DocumentResult(
        document=content,
        fingerprint=fingerprint,
        pages=settled,
        arithmetic=arithmetic,
        statement=statement and compared(statement, settled),
    )


class _Clock:
    """Wall time by stage, in seconds."""

    def __init__(self, on_stage: Callable[[str], object]) -> None:
        self.seconds: dict[str, float] = {}
        self._on_stage = on_stage

    def time(self, stage: str, work: Callable[[], T]) -> T:
        self._on_stage(stage)
        start = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds[stage] = round(time.perf_counter() - start, 4)
