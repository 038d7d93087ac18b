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
from workers.document.picture_size import resolution_dpi, rows
from workers.document.rgb import to_rgb
from workers.document.tiff import check_planes, is_copy, is_negative
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


class PicturePages:
    """An open image file. Raises as `open_document` says."""

    def __init__(self, data: bytes, media_type: str, bounds: Bounds) -> None:
        self._bounds = bounds
        with _decoding(bounds, "The file"):
            self._image = Image.open(BytesIO(data), formats=[_FORMATS[media_type]])
            bounds.check_page(*self._image.size)
            self._frames = self._find_pages() if media_type in _PAGED else [0]
        self.page_count = len(self._frames)

    def render(self, number: int, dpi: int) -> PageImage:
        """Decode a page as it is, upright, on white, in square pixels. `dpi` plays no part: the image has its own."""
        with _decoding(self._bounds, f"Page {number}"):
            self._image.seek(self._frames[number - 1])
            self._bounds.check_page(*self._image.size)
            check_planes(self._image)
            resolution, height_px = resolution_dpi(self._image), rows(self._image)
            self._bounds.check_page(self._image.width, height_px)
            is_fax = height_px != self._image.height
            page = to_rgb(ImageOps.exif_transpose(self._image), is_negative=is_negative(self._image))
            pixels = np.array(page.resize((page.width, height_px)) if is_fax else page)
        return PageImage(pixels, dpi=resolution)

    def text_layer(self, number: int, image: PageImage, dpi: int) -> TextLayer:
        """Give none: an image file has no text of its own."""
        return TextLayer.none(image)

    def statement(self) -> None:
        """Give none: an image file carries no XML."""

    def close(self) -> None:
        """Free the image. Idempotent."""
        self._image.close()

    def _find_pages(self) -> list[int]:
        """Number the frames that are pages. A hostile TIFF can hold millions: it ends at the first beyond the bound."""
        pages: list[int] = []
        for index, frame in enumerate(ImageSequence.Iterator(self._image)):
            self._bounds.check_pages(index + 1)
            self._bounds.check_page(*frame.size)
            if not is_copy(frame):
                pages.append(index)
        return pages or [0]


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
        said = "is damaged or cut off, or encoded in a rare way: its image can't be decoded."
        raise CorruptDocument(f"{what} {said}") from None
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
