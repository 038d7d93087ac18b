"""How well OCR engines read scans, and at what cost: `python -m bench.ocr --data DIR [--limit N] [--json]`.

DIR holds NAME.jpg with NAME.txt, its true text, and above them an index.json that names each scan's level of noise.
Each reader (bench/reader.py) has a process of its own, so that memory and CPU seconds are its own. What it read can be
kept (--keep DIR), and is taken from there the next time.
"""

import json
import os
import re
import resource
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from pydantic import TypeAdapter
from rapidfuzz.distance import Levenshtein

from bench.match import match, squeeze
from bench.reader import READERS
from jobs.errors import OcrUnavailable

_FIGURE = re.compile(r"\d")


@dataclass(frozen=True)
class Run:
    """What a reader read, by scan, and what it took."""

    lines: dict[str, list[str]]
    cpu_s: dict[str, float]
    peak_mib: int
    not_run: str = ""  # why, where it could not


@dataclass(slots=True)
class Score:
    """Sums over the pages of one level."""

    pages: int = 0
    words: int = 0
    words_read: int = 0
    words_told: int = 0  # by the reader, rightly or not
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
        self.words_told += read.total()
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
            "word_precision": round(self.words_read / max(1, self.words_told), 4),
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


_RUN = TypeAdapter(Run)


def run(reader: str, data: Path, limit: int | None, keep: Path | None) -> Run:
    """Let a reader read the scans in a process of its own, or take what was kept of that."""
    kept = keep / f"{reader}.json" if keep else None
    if kept and kept.is_file():
        return _RUN.validate_json(kept.read_bytes())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        done = process.submit(_read, reader, [scan for _, scan, _ in scans(data, limit)]).result()
    if kept and not done.not_run:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(_RUN.dump_json(done))
    return done


def _read(reader: str, images: Sequence[Path]) -> Run:
    try:
        read = READERS[reader]()
    except OcrUnavailable as error:
        return Run({}, {}, 0, not_run=str(error))
    lines, cpu_s = {}, {}
    for image in images:
        start_s = _cpu_s()
        lines[image.name] = read(image)
        cpu_s[image.name] = _cpu_s() - start_s
    return Run(lines, cpu_s, _peak_mib())


def _cpu_s() -> float:
    """Of this process, the programs it ran to their end, and those that live on, as Aspose.OCR's."""
    return sum(os.times()[:4]) + sum(sum(child.cpu_times()[:4]) for child in _living())


def _peak_mib() -> int:
    """Of this process and those that live on together, or of the largest program that ended where that had more."""
    own, ended = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    living = [_peak_kib(child.pid) for child in _living()]
    return max(own + sum(living), ended) // 1024


def _living() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _peak_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def report(done: Run, data: Path, limit: int | None) -> dict[str, Any]:
    """Score a run by level."""
    if done.not_run:
        return {"not_run": done.not_run}
    scores: dict[str, Score] = {}
    for level, scan, truth in scans(data, limit):
        if scan.name in done.lines:
            scores.setdefault(level, Score()).add(truth, done.lines[scan.name], done.cpu_s[scan.name])
    return {"peak_mib": done.peak_mib, "levels": {level: score.report() for level, score in scores.items()}}


def main(
    data: Annotated[Path, typer.Option(help="Folder of scans with their true texts.")],
    reader: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(READERS)}; default: all.")] = None,
    limit: Annotated[int | None, typer.Option(help="Read so many scans only.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder that keeps what was read, for the next run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Measure word and figure recall, character error, CPU seconds per page and memory, by level of noise."""
    if not (data.parent / "index.json").is_file():
        raise typer.BadParameter(f"{data} has no index.json above it: it must name each scan and its level.")
    if unknown := set(reader or ()) - set(READERS):
        raise typer.BadParameter(f"There is no reader {', '.join(unknown)}. Readers: {', '.join(READERS)}.")
    reports = {}
    for name in reader or READERS:
        typer.echo(f"reading with {name}", err=True)
        reports[name] = report(run(name, data, limit, keep), data, limit)
        _tell(name, reports[name])
    if as_json:
        typer.echo(json.dumps({"readers": reports}))


def _tell(name: str, told: dict[str, Any]) -> None:
    if "not_run" in told:
        typer.echo(f"{name}: not run. {told['not_run']}")
    for level, figures in told.get("levels", {}).items():
        facts = "  ".join(f"{key} {value}" for key, value in figures.items())
        typer.echo(f"{name:26} {level:7} {facts}  peak_mib {told['peak_mib']}")


if __name__ == "__main__":
    typer.run(main)
