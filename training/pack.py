"""Packs trained weights as workers/ocr/coarse.py reads them: `python -m training.pack WEIGHTS`."""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from workers.ocr.coarse import WEIGHTS
from workers.ocr.pp_ocr import PpOcr

_MOST = 127  # steps, to fit a byte


def pack(trained: Path, out: Path) -> None:
    """Write the differences, each row of a tensor in 127 steps at most."""
    path = PpOcr().recogniser
    content, found = path.read_bytes(), torch.load(trained)
    offsets, rows, columns, steps, counts = [], [], [], [], []
    for tensor in onnx.load(path).graph.initializer:
        if tensor.name not in found:
            continue
        raw = tensor.raw_data
        assert content.count(raw) == 1, f"{tensor.name} does not lie in the file once"
        old = np.frombuffer(raw, "<f4").reshape(tensor.dims)
        new = found[tensor.name].float().numpy()
        step, count = _rounded((new - old).reshape(len(old) if old.ndim > 1 else 1, -1))
        offsets.append(content.index(raw))
        rows.append(count.shape[0])
        columns.append(count.shape[1])
        steps.append(step)
        counts.append(count.ravel())
    np.savez_compressed(
        out,
        model=hashlib.sha256(content).hexdigest(),
        offsets=np.array(offsets),
        rows=np.array(rows),
        columns=np.array(columns),
        steps=np.concatenate(steps),
        counts=np.concatenate(counts),
    )


def _rounded(difference: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    step = np.maximum(np.abs(difference).max(axis=1) / _MOST, 1e-12).astype(np.float32)
    return step, np.round(difference / step[:, None]).astype(np.int8)


def main() -> None:
    """Pack."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trained", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    pack(asked.trained, asked.out)


if __name__ == "__main__":
    main()
