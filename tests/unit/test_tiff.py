"""TIFF, of all compressions that are usual: faxes, 16 bits, small copies among the pages."""

import struct
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from jobs.errors import CorruptDocument, DocumentTooLarge, UnsupportedDocument
from tests.encoded_page import BOUNDS, encoded, noise, render
from workers.document.pages import open_document


@pytest.mark.parametrize(
    "compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "group3", "group4", "jpeg"]
)
def test_tiffs_of_the_usual_compressions_are_read(compression: str) -> None:
    mode = "1" if compression.startswith("group") else "RGB"
    page = render(encoded(Image.new(mode, (300, 200), "white"), "TIFF", compression=compression), "image/tiff")
    assert page.pixels.min() >= 250


def by_hand(tags: dict[int, int], samples: bytes) -> bytes:
    """A TIFF of 30 x 20 pixels, uncompressed, with these tags beside those of every TIFF."""
    at = 8 + len(samples)
    entries = {256: 30, 257: 20, 258: 16, 259: 1, 262: 1, 273: 8, 277: 1, 278: 20, 279: len(samples)} | tags
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items()))
    return b"II*\0" + struct.pack("<I", at) + samples + struct.pack("<H", len(entries)) + directory + bytes(4)


@pytest.mark.parametrize(
    ("photometric", "white", "black"), [(1, 65535, 0), (0, 0, 65535), (1, 4095, 0), (0, 0, 4095), (1, 255, 0)]
)
def test_grey_of_16_bits_is_read_by_the_bits_that_it_uses_negative_or_not(
    photometric: int, white: int, black: int
) -> None:
    samples = np.full((20, 30), white, "<u2")
    samples[5, 7] = black
    page = render(by_hand({262: photometric}, samples.tobytes()), "image/tiff")
    assert (page.pixels[0, 0, 0], page.pixels[5, 7, 0]) == (255, 0)


def test_colours_in_planes_of_16_bits_are_refused_since_they_would_be_read_wrongly() -> None:
    image = Image.new("RGB", (30, 20), "white")
    data = encoded(image, "TIFF", tiffinfo={284: 2}).replace(
        struct.pack("<3H", 8, 8, 8), struct.pack("<3H", 16, 16, 16)
    )
    with pytest.raises(UnsupportedDocument, match="Save it with 8 bits"):
        render(data, "image/tiff")


def test_a_small_copy_among_the_frames_of_a_tiff_is_no_page() -> None:
    file = BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file) as frames:
        for grey, copy in ((10, 0), (99, 1), (200, 0), (201, 2)):
            Image.new("L", (60, 40), grey).save(frames, "TIFF", tiffinfo={254: copy})
            frames.newFrame()
    with open_document(file.getvalue(), "image/tiff", BOUNDS) as pages:
        assert [int(pages.render(n, 200).pixels[0, 0, 0]) for n in range(1, pages.page_count + 1)] == [10, 200, 201]


@pytest.mark.parametrize(
    ("stored", "dpi", "height"),
    [
        ((1728, 1080), (204, 98), 2248),  # a fax, as usual
        ((1728, 2160), (204, 196), 2160),  # fine: near enough
        ((1728, 2160), (204, 98), 2160),  # squared already, says what it was
        ((800, 1000), (200, 1), 1000),  # no such resolution
        ((800, 400), (100, 200), 400),
    ],
)
def test_a_fax_gets_the_rows_that_it_lacks(stored: tuple[int, int], dpi: tuple[int, int], height: int) -> None:
    image = Image.new("1", stored, 1)
    image.paste(0, (0, 0, stored[0], stored[1] // 4))
    page = render(encoded(image, "TIFF", compression="group3", dpi=dpi), "image/tiff")
    assert (page.width_px, page.height_px) == (stored[0], height)
    assert page.pixels[height // 5].max() < 100 < 150 < page.pixels[height // 3].min()


def test_a_fax_with_its_rows_stays_within_the_bounds() -> None:
    data = encoded(Image.new("1", (1728, 1600), 1), "TIFF", compression="group4", dpi=(204, 98))
    with pytest.raises(DocumentTooLarge, match="1728 x 3331 pixels"):
        render(data, "image/tiff")


def test_a_damaged_fax_says_nothing_of_its_own_to_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(encoded(noise().convert("1"), "TIFF", compression="group3"))
    for at in range(8, len(data) // 2, 7):  # its strip stands before its directory
        data[at] ^= 1
    with suppress(CorruptDocument):
        render(bytes(data), "image/tiff")
    assert capfd.readouterr().err == ""
