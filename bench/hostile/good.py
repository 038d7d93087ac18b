"""The good files that are damaged: a page with text, in each format and compression that ocrfleet reads."""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

LINES = ("Invoice 4711", "Date 2026-11-22", "Total 119.00")


def good_files() -> dict[str, bytes]:
    """Draw them all, by name."""
    return dict([*_pictures(), *_pdfs()])


def page(width_px: int = 260, height_px: int = 160) -> Image.Image:
    """Draw the page."""
    image = Image.new("RGB", (width_px, height_px), "white")
    for row, line in enumerate(LINES):
        ImageDraw.Draw(image).text((12, 16 + 44 * row), line, "black", ImageFont.load_default(24))
    return image


def _pictures() -> Iterator[tuple[str, bytes]]:
    colour = page()
    for ending, picture_format in {
        "png": "PNG",
        "jpg": "JPEG",
        "bmp": "BMP",
        "webp": "WEBP",
        "jp2": "JPEG2000",
    }.items():
        yield f"page.{ending}", encode(colour, picture_format)
    yield "progressive.jpg", encode(colour, "JPEG", progressive=True)
    yield "palette.png", encode(colour.convert("P"), "PNG")
    yield "frames.gif", encode(colour.convert("P"), "GIF", save_all=True, append_images=[colour.rotate(9).convert("P")])
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"{compression}.tif", encode(colour, "TIFF", compression=compression)
    for compression in ("group3", "group4"):
        black = colour.convert("1")
        yield f"{compression}.tif", encode(black, "TIFF", compression=compression, save_all=True, append_images=[black])


def _pdfs() -> Iterator[tuple[str, bytes]]:
    for name, compressed, scanned in (("text", 0, False), ("packed", 1, False), ("scan", 1, True)):
        file = BytesIO()
        canvas = Canvas(file, pagesize=(260, 160), pageCompression=compressed, invariant=True)
        for _ in range(2):
            if scanned:
                canvas.drawImage(ImageReader(page()), 0, 0, 260, 160)
            else:
                for row, line in enumerate(LINES):
                    canvas.drawString(12, 130 - 44 * row, line)
            canvas.showPage()
        canvas.save()
        yield f"{name}.pdf", file.getvalue()


def encode(image: Image.Image, picture_format: str, **options: object) -> bytes:
    """Encode an image."""
    file = BytesIO()
    image.save(file, picture_format, **options)
    return file.getvalue()
