"""Writes the sample invoices as scans, each with its true text, and `truth.json` over all of them."""

import argparse
import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import gmtime
from typing import Any
from zlib import crc32

import numpy as np
from PIL import Image

from samples.entry import invoice_of
from samples.layout import open_layout
from samples.scan import WEAR, Wear, scan
from samples.truth import truth

DOCUMENTS = Path(__file__).parent / "data" / "documents.toml"
DPI = 200
#: The same document at a second path, as backlogs have it.
COPIES = {"archive/2026/copy-of-northgate.png": "northgate-hardware.png"}


@dataclass(frozen=True)
class Sample:
    """One written document and its truth, as it also stands in `truth.json`."""

    path: Path
    text: Path
    truth: Mapping[str, Any]


def generate(folder: Path, seed: int = 2026) -> list[Sample]:
    """Writes all samples into `folder`; the same seed gives the same bytes.

    Args:
        folder: made if missing; files of an earlier run are overwritten.
        seed: decides numbers, dates, quantities, prices and the wear of the scans.
    """
    samples = [write(folder, entry, seed) for entry in entries()]
    by_name = {str(sample.path.relative_to(folder)): sample for sample in samples}
    samples += [_copy(by_name[original], folder / copy) for copy, original in COPIES.items()]
    table = {str(sample.path.relative_to(folder)): sample.truth for sample in samples}
    (folder / "truth.json").write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return samples


def entries() -> list[dict[str, Any]]:
    """The samples as `data/documents.toml` describes them."""
    table: list[dict[str, Any]] = tomllib.loads(DOCUMENTS.read_text(encoding="utf-8"))["document"]
    return table


def write(folder: Path, entry: Mapping[str, Any], seed: int) -> Sample:
    """Writes one sample and its true text."""
    path = folder / entry["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    invoice = invoice_of(entry, Random(f"{seed} {entry['file']}"))
    pdf, text = open_layout(entry["layout"])(invoice).finish()
    wear = WEAR[entry["wear"]]
    rng = np.random.default_rng([seed, crc32(entry["file"].encode())])
    _save(path, [scan(page, wear, rng) for page in _rasterise(pdf)], wear)
    beside = path.with_suffix(".txt")
    beside.write_text(text, encoding="utf-8")
    return Sample(path, beside, truth(invoice, entry["layout"]))


def _copy(original: Sample, path: Path) -> Sample:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(original.path, path)
    text = path.with_suffix(".txt")
    shutil.copyfile(original.text, text)
    return Sample(path, text, original.truth)


def _rasterise(pdf: bytes) -> list[Image.Image]:
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=DPI / 72).to_pil() for page in document]


def _save(path: Path, pages: Sequence[Image.Image], wear: Wear) -> None:
    first, *rest = pages
    match path.suffix:
        case ".pdf":
            dawn = gmtime(0)  # a fixed time: the same seed gives the same bytes
            dates: dict[str, Any] = {"creationDate": dawn, "modDate": dawn}
            first.save(path, save_all=True, append_images=rest, resolution=DPI, quality=wear.jpeg_quality, **dates)
        case ".tif" | ".tiff":
            compression = "group4" if wear.threshold else "tiff_lzw"
            first.save(path, save_all=True, append_images=rest, dpi=(DPI, DPI), compression=compression)
        case ".jpg":
            first.save(path, dpi=(DPI, DPI), quality=wear.jpeg_quality)
        case _:
            first.save(path, dpi=(DPI, DPI))


def main() -> None:
    """Command line: `python -m samples.generate OUT [--seed N]`."""
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the samples")
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    samples = generate(arguments.out, arguments.seed)
    parser.exit(message=f"{len(samples)} documents in {arguments.out}\n")


if __name__ == "__main__":
    main()
