from contextlib import nullcontext
from io import BytesIO

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from pydantic import SecretStr
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from jobs.errors import CorruptDocument, DocumentTooLarge, EncryptedDocument, UnsupportedDocument
from jobs.media import PDF
from tests.encoded_page import BOUNDS, encoded, noise, render
from tests.layered_pdf import turned
from workers.document.pages import encode_jpeg, open_document
from workers.ocr import PageImage

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/jp2": "JPEG2000",
}
ZERO_PAGES = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def pdf(pages: int = 1, size: tuple[float, float] = (200, 100), encrypt: object = None) -> bytes:
    """Pages whose top left quarter is red."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=size, encrypt=encrypt)
    for _ in range(pages):
        canvas.setFillColorRGB(1, 0, 0)
        canvas.rect(0, size[1] / 2, size[0] / 2, size[1] / 2, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


# What a good document gives


def test_a_pdf_page_is_drawn_at_the_resolution_asked_for_in_red_green_blue() -> None:
    page = render(pdf(), PDF, dpi=144)
    assert page.pixels.shape == (200, 400, 3)
    assert page.dpi == 144
    assert page.pixels[10, 10].tolist() == [255, 0, 0]
    assert page.pixels[190, 390].tolist() == [255, 255, 255]


def test_a_rotated_pdf_page_is_upright() -> None:
    page = render(turned(pdf(), 90), PDF)
    assert page.pixels.shape == (200, 100, 3)
    assert page.pixels[10, 90].tolist() == [255, 0, 0]


def test_a_pdf_form_is_drawn_with_what_was_filled_in() -> None:
    file = BytesIO()
    canvas = Canvas(file, pagesize=(200, 100))
    canvas.acroForm.textfield(x=10, y=10, width=180, height=80, value="FILLED IN", fontSize=30, borderWidth=0)
    canvas.showPage()
    canvas.save()
    assert (render(file.getvalue(), PDF).pixels.sum(axis=2) < 200).sum() > 100


@pytest.mark.parametrize(("catalog", "drawn"), [(b"", True), (b"/NeedsRendering true", False)])
def test_a_form_whose_pages_are_made_by_the_reader_is_refused_and_any_other_drawn(catalog: bytes, drawn: bool) -> None:
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA 4 0 R/Fields[]>>" + catalog + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
        b"<</Length 10>>stream\n<xdp:xdp/>\nendstream",
    )
    data = b"%PDF-1.7\n" + b"".join(b"%d 0 obj%s\nendobj\n" % numbered for numbered in enumerate(objects, 1))
    data += b"trailer<</Root 1 0 R>>\n%%EOF\n"
    with nullcontext() if drawn else pytest.raises(UnsupportedDocument, match=r"XFA.* Print it to a PDF"):
        assert render(data, PDF).pixels.shape == (99, 99, 3)


def test_resolution_is_lowered_where_a_page_would_be_over_a_bound() -> None:
    page = render(pdf(size=(7200, 3600)), PDF, dpi=200)
    assert max(page.pixels.shape) <= BOUNDS.max_page_side
    assert page.width_px * page.height_px <= BOUNDS.max_page_pixels
    assert page.dpi < 72


@pytest.mark.parametrize("size", [(1000, 1000), (999.7, 1001.3), (14400, 3), (3, 14400)])
def test_a_pdf_page_of_any_shape_stays_within_the_bounds(size: tuple[float, float]) -> None:
    page = render(pdf(size=size), PDF, dpi=600)
    assert max(page.pixels.shape) <= BOUNDS.max_page_side
    assert page.width_px * page.height_px <= BOUNDS.max_page_pixels


@pytest.mark.parametrize(("media_type", "format"), FORMATS.items())
def test_each_image_format_is_read(media_type: str, format: str) -> None:
    page = render(encoded(Image.new("RGB", (300, 200), (250, 240, 20)), format), media_type)
    assert page.pixels.shape == (200, 300, 3)
    assert np.abs(page.pixels[100, 150].astype(int) - (250, 240, 20)).max() <= 8


@pytest.mark.parametrize(("media_type", "format"), [("image/tiff", "TIFF"), ("image/gif", "GIF")])
def test_each_frame_of_a_tiff_and_a_gif_is_a_page(media_type: str, format: str) -> None:
    frames = [Image.new("L", (60, 40), grey) for grey in (0, 128, 255)]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    with open_document(data, media_type, BOUNDS) as pages:
        assert pages.page_count == 3
        assert [int(pages.render(n, 200).pixels[0, 0, 0]) for n in (3, 1, 2)] == [255, 0, 128]


#: How a camera stores an upright image, by the number that its EXIF data then have.
STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: np.swapaxes(upright, 0, 1),
    6: np.rot90,
    7: lambda upright: np.rot90(np.swapaxes(upright, 0, 1), 2),
    8: lambda upright: np.rot90(upright, 3),
}


@pytest.mark.parametrize("format", ["JPEG", "TIFF", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_an_image_is_turned_as_its_exif_data_say(format: str, orientation: int) -> None:
    upright = np.full((40, 64, 3), 255, np.uint8)
    upright[:8, :24] = (255, 0, 0)
    upright[:8, 56:] = (0, 0, 255)
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    page = render(encoded(image, format, exif=exif, quality=95), f"image/{format.lower()}")
    assert page.pixels.shape == upright.shape
    assert np.abs(page.pixels.astype(int) - upright).mean() < 8


def test_transparency_is_white() -> None:
    page = render(encoded(Image.new("RGBA", (30, 20), (0, 0, 0, 0)), "PNG"), "image/png")
    assert page.pixels.min() == 255


@pytest.mark.parametrize(
    "image",
    [Image.new("L", (30, 20), 255).convert(mode) for mode in ("1", "L", "LA", "P", "RGBA")]
    + [Image.fromarray(np.full((20, 30), 65535, np.uint16))],
    ids=lambda image: image.mode,
)
def test_every_mode_of_a_png_becomes_red_green_blue(image: Image.Image) -> None:
    page = render(encoded(image, "PNG"), "image/png")
    assert page.pixels.shape == (20, 30, 3)
    assert page.pixels.dtype == np.uint8
    assert page.pixels.min() == 255


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "YCbCr", "F", "I"])
def test_rare_modes_of_a_tiff_become_red_green_blue(mode: str) -> None:
    page = render(encoded(Image.new(mode, (30, 20)), "TIFF"), "image/tiff")
    assert page.pixels.shape == (20, 30, 3)


@pytest.mark.parametrize(("stated", "dpi"), [(300, 300), (None, 150), (1, 150), (72_000, 150)])
def test_an_image_has_the_resolution_it_states_or_that_of_an_a4_page(stated: int | None, dpi: int) -> None:
    options = {} if stated is None else {"dpi": (stated, stated)}
    assert abs(render(encoded(Image.new("L", (1240, 1754)), "PNG", **options), "image/png").dpi - dpi) <= 1


# What a bad one ends with


def test_an_empty_file_is_corrupt() -> None:
    with pytest.raises(CorruptDocument, match="empty"):
        render(b"", PDF)


def test_a_foreign_type_is_refused() -> None:
    with pytest.raises(UnsupportedDocument, match="text/html"):
        render(b"<html>", "text/html")


def test_a_pdf_without_pages_is_corrupt() -> None:
    with pytest.raises(CorruptDocument, match="without pages"):
        render(ZERO_PAGES, PDF)


def test_a_pdf_cut_short_is_corrupt() -> None:
    with pytest.raises(CorruptDocument, match="cut off"):
        render(pdf()[:40], PDF)


def test_a_pdf_without_pages_is_corrupt_also_after_an_encrypted_one() -> None:
    with pytest.raises(EncryptedDocument):
        render(pdf(encrypt=StandardEncryption("secret", canPrint=0)), PDF)
    made, document = BytesIO(), pdfium.PdfDocument.new()
    document.save(made)
    document.close()
    with pytest.raises(CorruptDocument):
        render(made.getvalue(), PDF)


def test_an_encrypted_pdf_asks_for_its_password() -> None:
    with pytest.raises(EncryptedDocument, match=r"none was given\. .*--password-file"):
        render(pdf(encrypt=StandardEncryption("secret", canPrint=0)), PDF)


@pytest.mark.parametrize("strength", [40, 128])
@pytest.mark.parametrize("secret", ["secret", "Schlüssel ß", "owner's"])
def test_an_encrypted_pdf_is_opened_by_the_one_that_fits_of_several_passwords(strength: int, secret: str) -> None:
    encrypted = pdf(encrypt=StandardEncryption(secret, "the owner's", canPrint=0, strength=strength))
    for fitting in (secret, "the owner's"):
        passwords = [SecretStr("wrong"), SecretStr(fitting), SecretStr("another")]
        with open_document(encrypted, PDF, BOUNDS, lambda known=passwords: known) as pages:
            assert pages.page_count == 1


def test_a_password_opens_a_pdf_however_its_accents_were_typed() -> None:
    encrypted = pdf(encrypt=StandardEncryption("Zoë 1", "owner", canPrint=0))
    with open_document(encrypted, PDF, BOUNDS, lambda: [SecretStr("Zoe\u0308 １")]) as pages:
        assert pages.page_count == 1


def test_wrong_passwords_are_counted_in_the_error_and_not_shown() -> None:
    encrypted = pdf(encrypt=StandardEncryption("secret", canPrint=0))
    with (
        pytest.raises(EncryptedDocument, match="none of the 2 given opens it") as error,
        open_document(encrypted, PDF, BOUNDS, lambda: [SecretStr("wrong1"), SecretStr("wrong2")]),
    ):
        pass
    assert "wrong1" not in str(error.value)


def test_passwords_are_not_asked_for_where_none_is_needed() -> None:
    def asked() -> list[SecretStr]:
        raise AssertionError

    for data, media_type in ((pdf(), PDF), (pdf(encrypt=StandardEncryption("", "owner", canPrint=0)), PDF)):
        with open_document(data, media_type, BOUNDS, asked) as pages:
            assert pages.page_count == 1


def test_a_pdf_that_only_restricts_printing_is_read() -> None:
    assert render(pdf(encrypt=StandardEncryption("", ownerPassword="owner", canPrint=0)), PDF).pixels.shape == (
        100,
        200,
        3,
    )


@pytest.mark.parametrize(("media_type", "format"), FORMATS.items())
def test_an_image_cut_short_is_corrupt(media_type: str, format: str) -> None:
    data = encoded(noise(), format)
    for kept in (20, len(data) // 2):
        with pytest.raises(CorruptDocument, match="damaged or cut off"):
            render(data[:kept], media_type)


def test_a_file_of_another_type_than_it_was_taken_for_is_corrupt() -> None:
    for media_type in (PDF, "image/png", "image/tiff"):
        with pytest.raises(CorruptDocument):
            render(encoded(noise(), "JPEG"), media_type)


@pytest.mark.parametrize(("media_type", "format"), FORMATS.items())
def test_bytes_flipped_at_random_give_a_page_or_an_error_of_ours(media_type: str, format: str) -> None:
    good = encoded(noise(64), format)
    random = np.random.default_rng(1)
    for _ in range(60):
        data = bytearray(good)
        for position in random.integers(8, min(len(data), 600), 6):
            data[position] = random.integers(256)
        try:
            render(bytes(data), media_type)
        except (CorruptDocument, DocumentTooLarge):
            continue


def test_too_many_pages_are_refused_with_the_figures_and_the_setting() -> None:
    frames = [Image.new("L", (9, 9))] * 9
    for data, media_type in [
        (pdf(pages=6), PDF),
        (encoded(frames[0], "TIFF", save_all=True, append_images=frames), "image/tiff"),
    ]:
        with pytest.raises(DocumentTooLarge, match=r"6 pages, the bound is 5.*OCRFLEET_MAX_PAGES"):
            render(data, media_type)


@pytest.mark.parametrize(("media_type", "format"), [i for i in FORMATS.items() if i[0] != "image/webp"])
def test_a_picture_20000_pixels_wide_is_refused_with_the_figures_and_the_setting(media_type: str, format: str) -> None:
    with pytest.raises(DocumentTooLarge, match=r"20000 x 10 pixels.*3000.*OCRFLEET_MAX_PAGE_SIDE"):
        render(encoded(Image.new("L", (20_000, 10)), format), media_type)


@pytest.mark.parametrize(("media_type", "format"), FORMATS.items())
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(media_type: str, format: str) -> None:
    data = encoded(Image.new("L", (2_900, 2_900)), format)
    with pytest.raises(DocumentTooLarge, match=r"8410000 pixels.*4000000.*OCRFLEET_MAX_PAGE_PIXELS"):
        render(data, media_type)


def test_a_later_frame_over_the_bound_is_refused() -> None:
    frames = [Image.new("L", (9, 9)), Image.new("L", (3_100, 9))]
    data = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(DocumentTooLarge, match="3100 x 9"):
        render(data, "image/tiff")


# What is kept of a page


def test_the_kept_jpeg_has_the_page_s_size_and_resolution() -> None:
    with Image.open(BytesIO(encode_jpeg(PageImage(np.full((40, 30, 3), 200, np.uint8), dpi=150)))) as image:
        assert image.size == (30, 40)
        assert image.info["dpi"] == (150, 150)


def test_the_kept_jpeg_of_a_noisy_page_is_bounded() -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (3_000, 3_000, 3), dtype=np.uint8)
    assert len(encode_jpeg(PageImage(pixels, dpi=300))) <= 8 << 20
