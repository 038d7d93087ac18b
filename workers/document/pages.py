"""Opens a document of untrusted bytes and gives its pages as pixels, within bounds.

One thread only: PDFium, under the PDF pages, is not thread-safe. The worker's children are processes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Protocol

from pydantic import SecretStr

from jobs.errors import CorruptDocument, UnsupportedDocument
from jobs.media import MEDIA_TYPES, PDF
from jobs.result import Statement
from workers.document.bounds import Bounds
from workers.document.layer import TextLayer
from workers.ocr import PageImage

_JPEG_QUALITIES = (80, 60, 40, 20)
_MAX_JPEG_BYTES = 8 << 20


class Pages(Protocol):
    """The pages of an open document."""

    page_count: int

    def render(self, number: int, dpi: int) -> PageImage:
        """Give page `number`, counted from 1, upright as a viewer shows it.

        `dpi` is meant for pages that have no pixels of their own (PDF); it is lowered where a bound asks for it.

        Raises:
            CorruptDocument: the page can't be decoded.
            DocumentTooLarge: the page is over a bound; nothing of it was decoded.
        """
        ...

    def text_layer(self, number: int, image: PageImage, dpi: int) -> TextLayer:
        """Give the text that page `number` has of its own; `image` is what `render` gave for it at `dpi`.

        Raises:
            CorruptDocument: the page can't be decoded.
        """
        ...

    def statement(self) -> Statement | None:
        """Give what the XML inside the document states; None where there is none."""
        ...

    def close(self) -> None:
        """Free the document."""
        ...


@contextmanager
def open_document(
    data: bytes, media_type: str, bounds: Bounds, passwords: Callable[[], Sequence[SecretStr]] = tuple
) -> Iterator[Pages]:
    """Open a document for as long as the context lasts. `passwords` are asked for where it needs one.

    Raises:
        UnsupportedDocument: ocrfleet reads no such type.
        CorruptDocument: damaged, truncated, empty, or without pages.
        EncryptedDocument: a password is needed, and none of these opens it.
        DocumentTooLarge: over a bound.
    """
    if not data:
        raise CorruptDocument("The file is empty (0 bytes).")
    if media_type not in MEDIA_TYPES:
        raise UnsupportedDocument(f"ocrfleet does not read {media_type}, only {', '.join(sorted(MEDIA_TYPES))}.")
    with closing(_open(data, media_type, bounds, passwords)) as pages:
        bounds.check_pages(pages.page_count)
        yield pages


def _open(data: bytes, media_type: str, bounds: Bounds, passwords: Callable[[], Sequence[SecretStr]]) -> Pages:
    if media_type == PDF:
        from workers.document.pdf import PdfPages

        return PdfPages(data, bounds, passwords)
    from workers.document.picture import PicturePages

    return PicturePages(data, media_type, bounds)


def encode_jpeg(page: PageImage) -> bytes:
    """Encode a page at its full size: quality 80, less where that would be over 8 MiB."""
    from PIL import Image

    image = Image.fromarray(page.pixels)
    for quality in _JPEG_QUALITIES:
        file = BytesIO()
        image.save(file, "JPEG", quality=quality, dpi=(page.dpi, page.dpi))
        if file.tell() <= _MAX_JPEG_BYTES:
            break
    return file.getvalue()
