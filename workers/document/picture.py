"""The pages of an image file, decoded by Pillow."""

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from jobs.errors import CorruptDocument, DocumentTooLarge
from workers.document.bounds import Bounds
from workers.document.layer import TextLayer
from workers.ocr import PageImage

_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/jp2": "JPEG2000",
}
#: Formats whose further frames are pages. In the others they are animations or a camera's previews.
_PAGED = frozenset({"image/tiff", "image/gif"})
#: What Pillow's decoders raise on damaged files; tests/unit/test_pages.py damages files of each format.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)
_A4_LONG_SIDE_INCHES = 11.69
_PLAUSIBLE_LONG_SIDE_INCHES = (3.0, 40.0)


class PicturePages:
    """An open image file. Raises as `open_document` says."""

    def __init__(self, data: bytes, media_type: str, bounds: Bounds) -> None:
        self._bounds = bounds
        with _decoding(bounds, "The file"):
            self._image = Image.open(BytesIO(data), formats=[_FORMATS[media_type]])
            bounds.check_page(*self._image.size)
            self.page_count: int = self._count() if media_type in _PAGED else 1

    def render(self, number: int, dpi: int) -> PageImage:
        """Decode a page as it is, upright, on white. `dpi` plays no part: the image has its own."""
        with _decoding(self._bounds, f"Page {number}"):
            self._image.seek(number - 1)
            self._bounds.check_page(*self._image.size)
            resolution = _resolution(self._image)
            pixels = np.array(_to_rgb(ImageOps.exif_transpose(self._image)))
        return PageImage(pixels, dpi=resolution)

    def text_layer(self, number: int, image: PageImage, dpi: int) -> TextLayer:
        """Give none: an image file has no text of its own."""
        return TextLayer.none(image)

    def statement(self) -> None:
        """Give none: an image file carries no XML."""

    def close(self) -> None:
        """Free the image. Idempotent."""
        self._image.close()

    def _count(self) -> int:
        """Count frames, one beyond the bound at most: a hostile TIFF can hold millions."""
        count = 0
        for frame in ImageSequence.Iterator(self._image):
            self._bounds.check_page(*frame.size)
            count += 1
            if count > self._bounds.max_pages:
                break
        return count


@contextmanager
def _decoding(bounds: Bounds, what: str) -> Iterator[None]:
    """Set Pillow's guard to our bound, and turn every way in which it refuses a file into an error of ours."""
    # Pillow warns at this limit and raises at twice it. It looks at sizes that a header does not show, too:
    # WebP's canvas before it is allocated, a TIFF's tiles, a GIF's frames that grow it.
    earlier, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, max(1, bounds.max_page_pixels // 2)
    try:
        with warnings.catch_warnings(action="ignore"), _muted():
            yield
    except Image.DecompressionBombError as error:
        figures = str(error).partition(",")[0]
        raise DocumentTooLarge(f"{figures}. Scale it down, or raise OCRFLEET_MAX_PAGE_PIXELS on the workers.") from None
    except _DAMAGE:
        raise CorruptDocument(f"{what} is damaged or cut off: its image can't be decoded.") from None
    finally:
        Image.MAX_IMAGE_PIXELS = earlier


@contextmanager
def _muted() -> Iterator[None]:
    """Let libtiff say nothing: it writes a line to standard error for each damaged one of a page, and names no file."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _resolution(image: Image.Image) -> int:
    """Pixels per inch as the file states them, or of an A4 page where that can't be true (72 on a camera's photo)."""
    long_side_px = max(image.size)
    try:
        stated = float(image.info.get("dpi", (0, 0))[0])
    except (TypeError, ValueError, ZeroDivisionError):
        stated = 0.0
    least, most = _PLAUSIBLE_LONG_SIDE_INCHES
    if stated > 0 and least <= long_side_px / stated <= most:
        return round(stated)
    return max(1, round(long_side_px / _A4_LONG_SIDE_INCHES))


def _to_rgb(image: Image.Image) -> Image.Image:
    """Make any mode RGB: transparency on white, 16 bits cut to 8."""
    if image.mode.startswith(("I", "F")):
        return _from_deep_grey(image).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float samples: their own range over 8 bits, since no header tells which part is used."""
    samples = np.asarray(image, dtype=np.float32)
    if image.mode.startswith("I;16"):
        return Image.fromarray((samples / 257).round().astype(np.uint8))
    low, high = float(samples.min()), float(samples.max())
    if low >= 0 and 255 < high <= 65535:
        low, high = 0.0, 65535.0
    return Image.fromarray(((samples - low) * (255 / max(high - low, 1e-9))).round().astype(np.uint8))
