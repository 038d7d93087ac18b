"""Keeps lines in files: `python -m training.shards OUT FONTS... --seed N [--lines N] [--held-out]`."""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from training.lines import Line, Source

_LINES = 1500  # of a file


def write(path: Path, lines: list[Line]) -> None:
    """Write a file, whole or not at all: training reads while others are written."""
    part = path.with_suffix(".part.npz")
    pixels = np.concatenate([line.pixels for line in lines], axis=1)
    widths = np.array([line.pixels.shape[1] for line in lines])
    np.savez(part, pixels=pixels, widths=widths, texts=np.array([line.text for line in lines]))
    part.rename(path)


def read(path: Path) -> list[Line]:
    """Read a file."""
    with np.load(path) as kept:
        parts = np.split(kept["pixels"], np.cumsum(kept["widths"])[:-1], axis=1)
        return [Line(part, str(text)) for part, text in zip(parts, kept["texts"], strict=True)]


def _endless(source: Source) -> Iterator[Line]:
    while True:
        yield from source.lines()


def main() -> None:
    """Draw lines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("fonts", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--held-out", action="store_true")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    endless = _endless(Source(asked.seed, tuple(asked.fonts), asked.held_out))
    for first in range(0, asked.lines, _LINES):
        write(asked.out / f"{asked.seed}-{first:06d}.npz", list(islice(endless, min(_LINES, asked.lines - first))))


if __name__ == "__main__":
    main()
