"""Documents for bench.chaos: short and long ones for the null engine, poison, and samples for real OCR."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bench.poison import POISON_WIDTH_PX
from samples.generate import entries, write

LONG_PAGES = 12


@dataclass(frozen=True)
class Corpus:
    """Files by what becomes of them."""

    null: tuple[Path, ...]  # for the null engine; poison among them
    poison: frozenset[str]  # their names
    real: tuple[Path, ...]  # for real OCR and correction


def draw(folder: Path, documents: int, seed: int) -> Corpus:
    """Draw so many documents: 1 % real, 2 % poison, 5 % long, the rest of one page. At least one of each."""
    real = [write(folder / "real", entry, seed).path for entry in entries()[: max(1, documents // 100)]]
    many = documents - len(real)
    poison = frozenset(f"{number:05d}.png" for number in range(7, many, 50))
    null = [_draw(folder / "null", number, poison) for number in range(many)]
    return Corpus(tuple(null), poison, tuple(real))


def _draw(folder: Path, number: int, poison: frozenset[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if number % 20 == 3:
        path = folder / f"{number:05d}.tiff"
        first, *others = [draw_page(120 + page, number) for page in range(LONG_PAGES)]
        first.save(path, save_all=True, append_images=others)
        return path
    path = folder / f"{number:05d}.png"
    draw_page(POISON_WIDTH_PX if path.name in poison else 120, number).save(path)
    return path


def draw_page(width: int, number: int) -> Image.Image:
    """A blank page, but for one pixel that makes the document its own."""
    image = Image.new("L", (width, 120), 255)
    image.putpixel((number % 120, number // 120 % 120), 0)
    return image
