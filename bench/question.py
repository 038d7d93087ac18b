"""What bench.correction asks: lines as OCR read them, under the product's own prompt, and what they should read."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.match import match
from bench.scan import Reading, Scan, documents, read
from config.settings import Settings
from workers.guarded import LINES_PER_QUESTION
from workers.llm import Message
from workers.llm.prompt import correction_chat, numbered
from workers.ocr import open_engine

LEVELS = ("light", "medium")

Page = tuple[Scan, Reading]


@dataclass(frozen=True, slots=True)
class Question:
    """Some lines of a page."""

    messages: tuple[Message, ...]
    draft: str
    truth: str  # the answer of a model that mends every line


def spread_scans(data: Path, limit: int) -> list[Scan]:
    """So many scans, spread over those of the levels `light` and `medium` where an index names them."""
    index = data.parent / "index.json"
    levels = {each["scan"]: each["level"] for each in json.loads(index.read_text())} if index.exists() else {}
    scans = [scan for pages in documents(data, None) for scan in pages]
    chosen = [scan for scan in scans if levels.get(scan.name, "light") in LEVELS]
    return chosen[:: max(1, len(chosen) // limit)][:limit]


def read_pages(data: Path, limit: int, settings: Settings, lines: Path | None) -> list[Page]:
    """Read so many scans with RapidOCR, or take what it read from the folder `lines`."""
    with closing(open_engine("rapidocr", settings)) as engine:
        return [(scan, read(scan, engine, lines)) for scan in spread_scans(data, limit)]


def questions(pages: Iterable[Page], prompt: str) -> Iterator[Question]:
    """Break pages into questions, as the mode `guarded` does; of all lines, not of those in doubt only."""
    for scan, reading in pages:
        raw = [line.text for line in reading.lines]
        found = match(raw, scan.truth.read_text(encoding="utf-8")).truths
        true = [text if text is not None else line for line, text in zip(raw, found, strict=True)]
        for first in range(0, len(raw), LINES_PER_QUESTION):
            read, mended = (texts[first : first + LINES_PER_QUESTION] for texts in (raw, true))
            yield Question(correction_chat(prompt, read), numbered(read), numbered(mended))
