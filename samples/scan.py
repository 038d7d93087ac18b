"""What a scanner and the years do to a page: a slight turn, soft edges, uneven light, faded ink, specks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Wear:
    """How much a page went through; a person can still read all of it."""

    turn_deg: float = 0.3
    blur_px: float = 0.5
    shade: float = 0.04  # darkest corner, as a part of white
    fade: float = 0.05  # how much of the ink has gone
    grain: float = 0.012  # standard deviation of the sensor's noise, as a part of white
    specks: int = 30  # dust and toner on a page
    jpeg_quality: int = 82
    colour: bool = False
    creases: int = 0
    detail: float = 1.0  # resolution of the copy that was scanned, as a part of the scan's
    threshold: bool = False  # black and white only, as from a fax


WEAR = {
    "office": Wear(colour=True),
    "worn": Wear(turn_deg=0.8, blur_px=0.8, shade=0.12, fade=0.2, grain=0.025, specks=140, jpeg_quality=68, creases=2),
    "faded": Wear(turn_deg=0.6, blur_px=0.7, shade=0.08, fade=0.4, grain=0.02, specks=60, jpeg_quality=72),
    "thermal": Wear(turn_deg=0.9, blur_px=0.9, shade=0.14, fade=0.3, grain=0.03, specks=50, jpeg_quality=70, creases=1),
    "copied": Wear(
        turn_deg=0.7, blur_px=0.6, shade=0.1, fade=0.3, grain=0.02, specks=120, jpeg_quality=66, detail=0.36
    ),
    "fax": Wear(turn_deg=0.5, blur_px=0.6, shade=0.03, fade=0.0, grain=0.03, specks=60, threshold=True),
}


def scan(page: Image.Image, wear: Wear, rng: np.random.Generator) -> Image.Image:
    """The page as a scanner gives it back, of the same size."""
    turned = page.convert("RGB" if wear.colour else "L").rotate(
        rng.uniform(0.35, 1.0) * rng.choice((-1, 1)) * wear.turn_deg, Image.Resampling.BICUBIC, fillcolor="white"
    )
    if wear.detail < 1:
        coarse = (round(page.width * wear.detail), round(page.height * wear.detail))
        turned = turned.resize(coarse, Image.Resampling.BOX).resize(page.size, Image.Resampling.BICUBIC)
    soft = np.asarray(turned.filter(ImageFilter.GaussianBlur(wear.blur_px)), dtype=np.float32) / 255
    light = _light(soft.shape[0], soft.shape[1], wear, rng)
    ink = (1 - soft) * (1 - wear.fade * _field(soft.shape, rng))
    pixels = (1 - ink) * (light if ink.ndim == 2 else light[..., None])
    if wear.threshold:
        return Image.fromarray(pixels > 0.62)
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def _light(height: int, width: int, wear: Wear, rng: np.random.Generator) -> Pixels:
    """Brightness of the bare paper: lamp, creases, dust and the sensor's noise."""
    light = 0.985 - wear.shade * _smooth(height, width, rng)
    for _ in range(wear.creases):
        row = int(height * rng.uniform(0.2, 0.8))
        light[row : row + 2] *= 0.92
        light[row + 2 : row + 5] *= 1.03
    for y, x, size in zip(
        rng.integers(0, height - 4, wear.specks),
        rng.integers(0, width - 4, wear.specks),
        rng.integers(1, 4, wear.specks),
        strict=True,
    ):
        light[y : y + size, x : x + size] *= rng.uniform(0.35, 0.8)
    return light + wear.grain * rng.standard_normal((height, width), dtype=np.float32)


def _field(shape: tuple[int, ...], rng: np.random.Generator) -> Pixels:
    field = 0.5 + 0.5 * _smooth(shape[0], shape[1], rng)
    return field if len(shape) == 2 else field[..., None]


def _smooth(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """A slow random field from 0 to 1 over the page."""
    coarse = Image.fromarray(rng.random((4, 3), dtype=np.float32))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)).clip(0, 1).astype(np.float32)
