"""A PDF page is drawn at the resolution of the scan that fills it, however that is put together; else as asked."""

from collections.abc import Callable

import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from jobs.media import PDF
from tests.layered_pdf import pdf
from workers.document.bounds import Bounds
from workers.document.pages import open_document

BOUNDS = Bounds(max_pages=5, max_page_pixels=40_000_000, max_page_side=8_000)
ASKED_DPI = 200
WIDTH_PT, HEIGHT_PT = 288.0, 216.0  # 4 x 3 inches


def drawn_at(draw: Callable[[Canvas], object]) -> int:
    with open_document(pdf(draw, (WIDTH_PT, HEIGHT_PT)), PDF, BOUNDS) as pages:
        return pages.render(1, ASKED_DPI).dpi


def image(dpi: float, width_pt: float = WIDTH_PT, height_pt: float = HEIGHT_PT) -> ImageReader:
    size = max(1, round(width_pt * dpi / 72)), max(1, round(height_pt * dpi / 72))
    return ImageReader(Image.new("L", size, int(dpi) % 200))  # equal ones would be one in the file


def place(canvas: Canvas, dpi: float, left: float, bottom: float, width: float, height: float) -> None:
    canvas.drawImage(image(dpi, width, height), left, bottom, width, height)


def whole(canvas: Canvas, dpi: float) -> None:
    place(canvas, dpi, 0, 0, WIDTH_PT, HEIGHT_PT)


def print_on(canvas: Canvas) -> None:
    for row in range(10):
        canvas.drawString(20, 20 + 18 * row, "Consulting in November 3 x 150.00")


@pytest.mark.parametrize(("scan_dpi", "drawn_dpi"), [(150, 150), (600, 300), (20, 100)])
def test_one_image_is_drawn_pixel_for_pixel_within_reason(scan_dpi: int, drawn_dpi: int) -> None:
    assert drawn_at(lambda canvas: whole(canvas, scan_dpi)) == pytest.approx(drawn_dpi, abs=1)


def test_a_scan_in_strips_is_one_scan() -> None:
    def strips(canvas: Canvas) -> None:
        for strip in range(24):
            place(canvas, 150, 0, 9 * strip, WIDTH_PT, 9)

    assert drawn_at(strips) == pytest.approx(150, abs=4)  # strips of whole pixels


def test_of_a_scan_in_layers_the_finest_counts_for_it_has_the_print() -> None:
    def layers(canvas: Canvas) -> None:
        whole(canvas, 100)
        place(canvas, 300, 20, 60, WIDTH_PT - 40, 100)

    assert drawn_at(layers) == 300


def test_a_scan_in_a_form_on_a_turned_and_shrunk_page_counts_as_it_is_seen() -> None:
    def nested(canvas: Canvas) -> None:
        canvas.beginForm("scan", 0, 0, 2 * HEIGHT_PT, 2 * WIDTH_PT)
        place(canvas, 75, 0, 0, 2 * HEIGHT_PT, 2 * WIDTH_PT)
        canvas.endForm()
        canvas.translate(WIDTH_PT, 0)
        canvas.rotate(90)
        canvas.scale(0.5, 0.5)
        canvas.doForm("scan")

    assert drawn_at(nested) == pytest.approx(150, abs=1)


def test_a_stamp_and_a_page_number_on_a_scan_change_nothing() -> None:
    def stamped(canvas: Canvas) -> None:
        whole(canvas, 120)
        place(canvas, 300, 200, 20, 60, 40)
        canvas.drawString(20, 10, "Page 1 of 1")

    assert drawn_at(stamped) == 120


@pytest.mark.parametrize("dpi", [0.2, 72, 120])  # 0.2: one pixel, as some programs paint the paper
def test_print_on_a_coarse_letterhead_is_drawn_as_finely_as_asked(dpi: float) -> None:
    def letter(canvas: Canvas) -> None:
        whole(canvas, dpi)
        print_on(canvas)

    assert drawn_at(letter) == ASKED_DPI


def test_what_an_ocr_program_wrote_over_or_under_a_scan_is_no_print() -> None:
    def invisible(canvas: Canvas) -> None:
        whole(canvas, 120)
        text = canvas.beginText(20, 180)
        text.setTextRenderMode(3)
        text.textLines("Consulting in November 3 x 150.00\n" * 10)
        canvas.drawText(text)

    def under(canvas: Canvas) -> None:
        print_on(canvas)
        whole(canvas, 120)

    assert drawn_at(invisible) == drawn_at(under) == 120


def test_logos_do_not_set_the_page_s_resolution() -> None:
    def logos(canvas: Canvas) -> None:
        place(canvas, 300, 0, 0, 100, 100)
        place(canvas, 72, 150, 100, 100, 100)

    assert drawn_at(logos) == ASKED_DPI
