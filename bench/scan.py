"""Owns the scans of bench.accuracy: NAME.jpg or NAME.png with NAME.txt, and what OCR reads in them.

NAME-p1, NAME-p2 and so on are pages of one document, as they would be in one PDF. OCR takes nearly all of the time, so
its lines can be kept (--lines DIR) and taken from there, to measure modes and models on the very same reading.
"""

import re
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pydantic import TypeAdapter

from bench.reader import open_page
from workers.ocr import OcrEngine, OcrLine

_PAGE = re.compile(r"-p\d+$")


@dataclass(frozen=True)
class Scan:
    """One page."""

    image: Path

    @property
    def name(self) -> str:
        """Its file's name."""
        return self.image.name

    @property
    def truth(self) -> Path:
        """Where its true text stands."""
        return self.image.with_suffix(".txt")

    @property
    def document(self) -> str:
        """The document that it is a page of."""
        return _PAGE.sub("", self.image.stem)


@dataclass(frozen=True)
class Reading:
    """What OCR read on a page, and how long it took."""

    width_px: int
    height_px: int
    lines: tuple[OcrLine, ...]
    seconds: float


_KEPT = TypeAdapter(Reading)


def documents(folder: Path, limit: int | None) -> list[list[Scan]]:
    """The scans of a folder that have a true text, `limit` at most, by document."""
    images = (Scan(path) for path in sorted(folder.iterdir()) if path.suffix in (".jpg", ".png"))
    scans = sorted((scan for scan in images if scan.truth.exists()), key=lambda scan: scan.document)[:limit]
    return [list(pages) for _, pages in groupby(scans, key=lambda scan: scan.document)]


def read(scan: Scan, engine: OcrEngine, keep: Path | None) -> Reading:
    """Read a page, or take what was kept of it."""
    kept = keep / f"{scan.image.stem}.json" if keep else None
    if kept and kept.exists():
        return _KEPT.validate_json(kept.read_bytes())
    page = open_page(scan.image)
    start = time.perf_counter()
    lines = engine.read(page)
    reading = Reading(page.width_px, page.height_px, lines, time.perf_counter() - start)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(_KEPT.dump_json(reading))
    return reading
