"""What bench.correction asks: lines as OCR read them, under the product's own prompt, and what they should read."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.match import match
from workers.guarded import LINES_PER_QUESTION
from workers.llm import Message
from workers.llm.prompt import correction_chat, numbered
from workers.ocr import OcrEngine, OcrLine, PageImage

LEVELS = ("light", "medium")
SCANNED_DPI = 150

Page = tuple[Path, tuple[OcrLine, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """Some lines of a page."""

    messages: tuple[Message, ...]
    draft: str
    truth: str  # the answer of a model that mends every line


def scans(data: Path, limit: int | None) -> list[Path]:
    """Scans with a true text, spread over those of the levels `light` and `medium` where an index names them."""
    index = data.parent / "index.json"
    levels = {each["scan"]: each["level"] for each in json.loads(index.read_text())} if index.exists() else {}
    paths = [path for path in sorted(data.iterdir()) if path.suffix in (".jpg", ".png")]
    chosen = [path for path in paths if path.with_suffix(".txt").exists() and levels.get(path.name, "light") in LEVELS]
    return chosen[:: max(1, len(chosen) // limit)][:limit] if limit else chosen


def questions(pages: Iterable[Page], prompt: str) -> Iterator[Question]:
    """Break pages into questions, as the mode `guarded` does."""
    for path, lines in pages:
        raw = [line.text for line in lines]
        found = match(raw, truth_of(path)).truths
        true = [text if text is not None else line for line, text in zip(raw, found, strict=True)]
        for first in range(0, len(raw), LINES_PER_QUESTION):
            read, mended = (texts[first : first + LINES_PER_QUESTION] for texts in (raw, true))
            yield Question(correction_chat(prompt, read), numbered(read), numbered(mended))


def truth_of(scan: Path) -> str:
    """The true text of a scan."""
    return scan.with_suffix(".txt").read_text(encoding="utf-8")


def read(scan: Path, engine: OcrEngine) -> Page:
    """Read a scan's lines."""
    with Image.open(scan) as image:
        return scan, engine.read(PageImage(np.asarray(image.convert("RGB")), dpi=SCANNED_DPI))
