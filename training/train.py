"""Trains PP-OCRv6 small's recogniser on coarse lines: `python -m training.train SHARDS OUT --minutes N`."""

import argparse
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.columns import Columns
from training.lines import Line, loosened
from training.network import Network
from training.shards import read
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.recogniser import WIDTHS_PX

_RATE = 3e-4
_WARM = 0.04  # of the time
_MEAN_OVER = 0.998  # of the weights' running mean, which is what is kept
_COLUMNS_PX = 16 * 320  # of a batch
_SAVE_S = 150
_LEGIBLE = 1.0  # loss per character, above which lines weigh less, with its square
_AT_ONCE = 8  # files
_LOOSE = (
    0.4  # share of the lines that are set smaller: on pages of wide rows the detector's boxes are half again as high
)


def batches(shards: Path, columns: Columns, rng: random.Random) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Lines padded as the product pads them, with their columns, without end; new files are read as they come."""
    while True:
        files = sorted(shards.glob("*-??????.npz"))
        rng.shuffle(files)
        for first in range(0, len(files), _AT_ONCE):  # a file holds few pages: several are mixed
            by_width: defaultdict[int, list[Line]] = defaultdict(list)
            for line in chain.from_iterable(read(file) for file in files[first : first + _AT_ONCE]):
                if columns.knows(line.text):
                    line = loosened(line, rng) if rng.random() < _LOOSE else line
                    by_width[next(width for width in WIDTHS_PX if line.pixels.shape[1] <= width)].append(line)
            parts = [part for width, lines in by_width.items() for part in _parts(lines, width, rng)]
            rng.shuffle(parts)
            for width, lines in parts:
                yield _batch(lines, width, columns)


def _parts(lines: list[Line], width: int, rng: random.Random) -> Iterator[tuple[int, list[Line]]]:
    rng.shuffle(lines)
    at_once = max(1, _COLUMNS_PX // width)
    for first in range(0, len(lines), at_once):
        yield width, lines[first : first + at_once]


def _batch(lines: list[Line], width: int, columns: Columns) -> tuple[Tensor, Tensor, Tensor]:
    pixels = np.zeros((len(lines), 1, 48, width), np.float32)
    for row, line in zip(pixels, lines, strict=True):
        row[0, :, : line.pixels.shape[1]] = line.pixels / np.float32(127.5) - 1
    targets = [columns.of_text(line.text) for line in lines]
    lengths = torch.tensor([len(target) for target in targets])
    grey = torch.from_numpy(pixels).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
    return grey, torch.tensor([at for target in targets for at in target]), lengths


def loss_of(network: Network, pixels: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """CTC's loss per character. Lines that nobody could read, one in seven, were 0.6 of it: they weigh less."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(pixels)
    log = F.log_softmax(logits.float(), -1).transpose(0, 1)
    steps = torch.full_like(lengths, log.shape[0])
    losses = F.ctc_loss(log, targets, steps, lengths, blank=0, reduction="none", zero_infinity=True)
    weights = (losses.detach() / lengths).clamp(min=_LEGIBLE) / _LEGIBLE
    total: Tensor = (losses / weights**2).sum() / lengths.sum()
    return total


def _rate(done: float) -> float:
    """From nothing to the full rate, and along a cosine down again."""
    return min(done / _WARM, 1.0) * (0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, done))) / 2)


def main() -> None:
    """Train for so many minutes of the clock; the running mean of the weights is kept every few."""
    asked = _asked()
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    columns = Columns.of(PpOcr())
    network = Network(PpOcr().recogniser, columns.chosen)
    if asked.start:
        network.take(torch.load(asked.start), asked.share)
    mean = {name: weight.detach().clone() for name, weight in network.weights.items()}
    optimizer = torch.optim.AdamW(network.weights.values(), lr=0.0, betas=(0.9, 0.99), weight_decay=0.0)
    start_s = saved_s = time.monotonic()
    lines, losses = 0, []
    for step, (pixels, targets, lengths) in enumerate(batches(asked.shards, columns, random.Random(asked.seed))):
        now_s = time.monotonic()
        done = (now_s - start_s) / (60 * asked.minutes)
        for group in optimizer.param_groups:
            group["lr"] = asked.rate * _rate(done)
        loss = loss_of(network, pixels, targets, lengths)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.weights.values(), 2.0)
        optimizer.step()
        keep = min(_MEAN_OVER, (step + 1) / (step + 10))
        for name, weight in network.weights.items():
            mean[name].lerp_(weight.detach(), 1 - keep)
        lines += len(lengths)
        losses.append(loss.item())
        if step % 100 == 99:
            print(f"{now_s - start_s:.0f} s, {lines} lines, loss {np.mean(losses[-100:]):.4f}", flush=True)  # noqa: T201
        if now_s - saved_s > _SAVE_S or done >= 1:
            saved_s = now_s
            torch.save(mean, asked.out)
        if done >= 1:
            break


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("shards", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=_RATE)
    parser.add_argument("--start", type=Path, help="weights to go on from,")
    parser.add_argument("--share", type=float, default=1.0, help="this much of the way to them")
    return parser.parse_args()


if __name__ == "__main__":
    main()
