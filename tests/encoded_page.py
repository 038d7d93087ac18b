"""Pictures encoded as documents, and how a test opens them."""

from io import BytesIO

import numpy as np
from PIL import Image

from workers.document.bounds import Bounds
from workers.document.pages import open_document
from workers.ocr import PageImage

BOUNDS = Bounds(max_pages=5, max_page_pixels=4_000_000, max_page_side=3_000)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def noise(side: int = 200) -> Image.Image:
    return Image.fromarray(np.random.default_rng(7).integers(0, 255, (side, side, 3), dtype=np.uint8))


def render(data: bytes, media_type: str, number: int = 1, dpi: int = 72, bounds: Bounds = BOUNDS) -> PageImage:
    with open_document(data, media_type, bounds) as pages:
        return pages.render(number, dpi)
