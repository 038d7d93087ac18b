"""The recipe for a page and for a document: plain functions, no queue, no ledger."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from jobs.contract import PIPELINE_VERSION, Recipe
from jobs.lease import Pin
from jobs.result import DocumentResult, PageResult, Provenance
from workers.correction.settlement import settle
from workers.corrector import correct_page
from workers.llm import LanguageModel
from workers.ocr import OcrEngine, PageImage
from workers.pages import Pages

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading a page takes: the engine, the model (None where the mode needs none) and the recipe."""

    ocr: OcrEngine
    model: LanguageModel | None
    recipe: Recipe

    @property
    def provenance(self) -> Provenance:
        """Name what makes the results."""
        return Provenance(
            pipeline_version=PIPELINE_VERSION,
            engine=self.ocr.name,
            model=self.model.name if self.model else "",
            model_sha256=self.model.sha256 if self.model else "",
            mode=self.recipe.mode,
            prompt_name=self.recipe.prompt_name,
            prompt=self.recipe.prompt,
            truncated=self.ocr.truncated,
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
    """Rasterise page `number` (from 1), read it, correct it. `on_stage` hears the name of each stage as it begins.

    Raises:
        PermanentError: the page can't be read.
        EngineUnavailable: the model could not be asked; the page is not done.
    """
    clock = _Clock(on_stage)
    image = clock.time("raster", lambda: document.render(number, dpi))
    lines = clock.time("ocr", lambda: tools.ocr.read(image))
    corrected = clock.time("correction", lambda: correct_page(lines, tools.recipe, tools.model))
    page = PageResult(
        page=number,
        width_px=image.width_px,
        height_px=image.height_px,
        dpi=image.dpi,
        lines=corrected,
        provenance=tools.provenance,
        seconds=clock.seconds,
    )
    return page, image


def assemble(content: str, fingerprint: str, pages: tuple[PageResult, ...]) -> DocumentResult:
    """Put the pages together and settle the figures, since an invoice's arithmetic spans pages."""
    settled, arithmetic = settle(pages)
    return DocumentResult(document=content, fingerprint=fingerprint, pages=settled, arithmetic=arithmetic)


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
