"""How large a document may be. Checked before anything is decoded, so that no file can fill the memory."""

from dataclasses import dataclass
from typing import Self

from config.settings import Settings
from jobs.errors import DocumentTooLarge


def check_file(size_bytes: int, settings: Settings) -> None:
    """Refuse a file that is too large to be read; whoever submitted it may have had another bound.

    Raises:
        DocumentTooLarge: with the figures and the setting's name.
    """
    if size_bytes > settings.max_file_bytes:
        raise DocumentTooLarge(
            f"The file has {size_bytes} bytes, the bound is {settings.max_file_bytes}. "
            "Split it, or raise OCRFLEET_MAX_FILE_BYTES on the workers."
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of `config/settings.py` on a document's pages."""

    max_pages: int
    max_page_pixels: int
    max_page_side: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take the bounds from the settings."""
        return cls(settings.max_pages, settings.max_page_pixels, settings.max_page_side)

    def check_pages(self, count: int) -> None:
        """Refuse a document of too many pages.

        Raises:
            DocumentTooLarge: with the figures and the setting's name.
        """
        if count > self.max_pages:
            raise DocumentTooLarge(
                f"The document has {count} pages, the bound is {self.max_pages}. "
                "Split it, or raise OCRFLEET_MAX_PAGES on the workers."
            )

    def check_page(self, width_px: int, height_px: int) -> None:
        """Refuse a page of too many pixels.

        Raises:
            DocumentTooLarge: with the figures and the setting's name.
        """
        size = f"The page has {width_px} x {height_px} pixels"
        if max(width_px, height_px) > self.max_page_side:
            raise DocumentTooLarge(
                f"{size}, the bound on a side is {self.max_page_side}. "
                "Scale it down, or raise OCRFLEET_MAX_PAGE_SIDE on the workers."
            )
        if width_px * height_px > self.max_page_pixels:
            raise DocumentTooLarge(
                f"{size}, the bound on their product is {self.max_page_pixels}. "
                "Scale it down, or raise OCRFLEET_MAX_PAGE_PIXELS on the workers."
            )
