"""Learns what an OCR engine misreads: `python -m bench.confusions --data DIR [--engine E] [--lines DIR] [--least N]`.

DIR is a folder as bench.accuracy takes it: pages of your own with their true text. Printed is what the table in
config/confusions.toml does not know yet, as lines to put into it: one or two letters as read, and what stood there. A
misreading is likely where it is among the commonest half of all that were seen, else possible. Letters only: figures
have a table in code.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rapidfuzz.distance import Levenshtein

from bench.match import match, squeeze
from bench.scan import Scan, documents, read
from config.settings import Settings
from workers.ocr import OcrEngine, open_engine
from workers.vocabulary import load_confusions

#: A line further from its truth than this tells nothing of letters.
_FARTHEST = 0.3
#: As many letters at most as the table holds for one misreading.
_WIDEST = 2

Misreading = tuple[str, str]  # what was read, what stood there

app = typer.Typer(add_completion=False)


@app.command()
def learn(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    engine: Annotated[str, typer.Option(help="OCR engine.")] = "rapidocr",
    lines: Annotated[Path | None, typer.Option(help="Folder that keeps what OCR read.")] = None,
    least: Annotated[int, typer.Option(min=1, help="How often a misreading must have been seen.")] = 3,
) -> None:
    """Print the misreadings that the table does not know yet."""
    with contextlib.closing(open_engine(engine, Settings())) as ocr:
        seen = sum((_misread(scan, ocr, lines) for pages in documents(data, None) for scan in pages), Counter())
    typer.echo(table(seen, least))


def _misread(scan: Scan, engine: OcrEngine, keep: Path | None) -> Counter[Misreading]:
    texts = [line.text for line in read(scan, engine, keep).lines]
    found = match(texts, scan.truth.read_text(encoding="utf-8"))
    pairs = ((text, truth) for text, truth in zip(texts, found.truths, strict=True) if truth)
    return Counter(each for text, truth in pairs for each in misreadings(squeeze(text), squeeze(truth)))


def misreadings(text: str, truth: str) -> Iterator[Misreading]:
    """The letters in which a line differs from its truth."""
    if Levenshtein.normalized_distance(text, truth) > _FARTHEST:
        return
    for equal, run in groupby(Levenshtein.opcodes(text, truth), key=lambda step: step.tag == "equal"):
        steps = list(run)
        letters = text[steps[0].src_start : steps[-1].src_end]
        stood = truth[steps[0].dest_start : steps[-1].dest_end]
        if not equal and letters.isalnum() and stood.isalpha() and max(len(letters), len(stood)) <= _WIDEST:
            yield letters, stood


def table(seen: Counter[Misreading], least: int) -> str:
    """Write what the table lacks as it stands in config/confusions.toml, with how often it was seen."""
    known = load_confusions()
    counted = [(pair, count) for pair, count in seen.most_common() if count >= least]
    new = [(pair, count) for pair, count in counted if known.cost(*pair) == float("inf")]
    common = {pair for pair, _ in counted[: len(counted) // 2]}
    parts = []
    for name, chosen in (("likely", True), ("possible", False)):
        found: dict[str, list[tuple[str, int]]] = {}
        for (letters, stood), count in new:
            if ((letters, stood) in common) is chosen:
                found.setdefault(letters, []).append((stood, count))
        rows = [f'"{read}" = "{" ".join(t for t, _ in truths)}"  # {", ".join(f"{t} {n}" for t, n in truths)}'
                for read, truths in sorted(found.items())]  # fmt: skip
        parts += [f"[{name}]", *rows]
    return "\n".join(parts)


if __name__ == "__main__":
    app()
