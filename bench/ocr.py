"""How well an OCR engine reads scans, and at what cost: `python -m bench.ocr --data DIR [--limit N] [--json]`.

DIR holds NAME.jpg with NAME.txt, its true text, and above them an index.json that names each scan's level of noise.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rapidfuzz.distance import Levenshtein

from bench.match import match, squeeze
from config.settings import Settings
from jobs.media import HEAD_BYTES, sniff
from workers.bounds import Bounds
from workers.ocr import OcrEngine, PageImage, open_engine
from workers.pages import open_document

_FIGURE = re.compile(r"\d")


@dataclass(slots=True)
class Score:
    """Sums over the pages of one level."""

    pages: int = 0
    words: int = 0
    words_read: int = 0
    figures: int = 0  # words with a digit
    figures_read: int = 0
    characters: int = 0
    errors: int = 0  # edits to the truth, whatever the reading order
    cpu_s: float = 0.0

    def add(self, truth: str, lines: list[str], cpu_s: float) -> None:
        """Count one page."""
        true, read = Counter(truth.split()), Counter(" ".join(lines).split())
        self.pages += 1
        self.words += true.total()
        self.words_read += (true & read).total()
        self.figures += _figures(true).total()
        self.figures_read += (_figures(true) & read).total()
        self.characters += len(squeeze(truth))
        self.errors += _errors(lines, truth)
        self.cpu_s += cpu_s

    def report(self) -> dict[str, float]:
        """Rates, and CPU seconds per page."""
        return {
            "pages": self.pages,
            "word_recall": round(self.words_read / max(1, self.words), 4),
            "figure_recall": round(self.figures_read / max(1, self.figures), 4),
            "character_error": round(self.errors / max(1, self.characters), 4),
            "cpu_s_per_page": round(self.cpu_s / max(1, self.pages), 2),
        }


def _figures(words: Counter[str]) -> Counter[str]:
    return Counter({word: count for word, count in words.items() if _FIGURE.search(word)})


def _errors(lines: list[str], truth: str) -> int:
    """Edits, white space aside: in lines that stand for words of the truth, in invented and in unread ones."""
    found = match(lines, truth)
    edits = sum(
        Levenshtein.distance(squeeze(line), squeeze(true or "")) for line, true in zip(lines, found.truths, strict=True)
    )
    return edits + sum(len(word) for word in found.unread)


def scans(data: Path, limit: int | None) -> Iterator[tuple[str, Path, str]]:
    """Level, file and true text of each scan; with a limit, of so many spread over all of them."""
    entries = json.loads((data.parent / "index.json").read_text())
    step = 1 if limit is None else max(1, len(entries) // limit)
    for entry in entries[::step][:limit]:
        scan = data / entry["scan"]
        yield entry["level"], scan, scan.with_suffix(".txt").read_text()


def measure(engine: OcrEngine, data: Path, limit: int | None, on_page: Callable[[Path], None]) -> dict[str, Score]:
    """Read the scans and score them by level."""
    bounds = Bounds.of(Settings())
    scores: dict[str, Score] = {}
    for level, scan, truth in scans(data, limit):
        on_page(scan)
        page = _open(scan, bounds)
        start_s = time.process_time()
        lines = [line.text for line in engine.read(page)]
        scores.setdefault(level, Score()).add(truth, lines, time.process_time() - start_s)
    return scores


def _open(scan: Path, bounds: Bounds) -> PageImage:
    content = scan.read_bytes()
    with open_document(content, sniff(content[:HEAD_BYTES]) or "", bounds) as pages:
        return pages.render(1, dpi=200)


def main(
    data: Annotated[Path, typer.Option(help="Folder of scans with their true texts.")],
    engine: Annotated[str, typer.Option(help="OCR engine.")] = "auto",
    limit: Annotated[int | None, typer.Option(help="Read so many scans only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Measure word recall, figure recall, character error and CPU seconds per page, by level of noise."""
    if not (data.parent / "index.json").is_file():
        raise typer.BadParameter(f"{data} has no index.json above it: it must name each scan and its level.")
    reader = open_engine(engine, Settings())
    scores = measure(reader, data, limit, on_page=lambda scan: typer.echo(f"reading {scan.name}", err=True))
    levels = {level: score.report() for level, score in scores.items()}
    if as_json:
        typer.echo(json.dumps({"engine": reader.name, "levels": levels}))
        return
    for level, figures in levels.items():
        typer.echo(f"{level:8} " + "  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    typer.run(main)
