"""A PDF's own text counts as far as a person sees it, as it is drawn; the rest of the page goes to OCR."""

import string

import pytest
from reportlab.pdfgen.canvas import Canvas

from jobs.media import PDF
from tests.layered_pdf import LINES, SIZE, lying_font, pdf, picture, turned, write
from workers.document.bounds import Bounds
from workers.document.layer import TextLayer, glyph
from workers.document.pages import open_document

BOUNDS = Bounds(max_pages=5, max_page_pixels=40_000_000, max_page_side=8_000)
DPI = 200


def layer(data: bytes) -> TextLayer:
    with open_document(data, PDF, BOUNDS) as pages:
        return pages.text_layer(1, pages.render(1, DPI), DPI)


def texts(found: TextLayer) -> list[str]:
    return [line.text for line in found.lines]


def drawn(draw) -> TextLayer:
    return layer(pdf(draw))


# Sound text


def test_sound_text_is_exact_and_leaves_nothing_to_ocr() -> None:
    found = drawn(write)
    assert texts(found) == list(LINES)
    assert (found.rest, found.coverage) == (None, 1.0)
    assert all(line.confidence == 1.0 for line in found.lines)


def test_boxes_are_in_pixels_of_the_drawn_page() -> None:
    (left, top), (right, _), _, (_, bottom) = drawn(write).lines[0].box
    assert left == pytest.approx(40 * DPI / 72, abs=2)
    assert top < (SIZE[1] - 250) * DPI / 72 < bottom
    assert 150 < right - left < 250


def test_each_word_stands_where_the_file_puts_it() -> None:
    def spell(canvas: Canvas) -> None:
        canvas.setFont("Courier", 10)  # 6 points a character
        canvas.drawString(60, 200, "Sum of 1.234,56")

    (line,) = drawn(spell).lines
    (left, *_), (right, *_) = line.box[:2]
    ends = [[left + (right - left) * part for part in extent] for extent in line.words]
    at = [[(60 + 6 * character) * DPI / 72 for character in word] for word in ((0, 3), (4, 6), (7, 15))]
    assert ends == [pytest.approx(word, abs=3) for word in at]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_words_of_a_rotated_page_stand_along_their_line(degrees: int) -> None:
    upright = {line.text: line.words for line in drawn(write).lines}
    for line in layer(turned(pdf(write), degrees)).lines:
        assert list(line.words) == [pytest.approx(word, abs=0.02) for word in upright[line.text]]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_page_is_read_as_a_viewer_shows_it(degrees: int) -> None:
    upright = {line.text: line.box for line in drawn(write).lines}
    found = layer(turned(pdf(write), degrees))
    assert sorted(texts(found)) == sorted(LINES)
    assert found.rest is None
    width, height = (side * DPI / 72 for side in SIZE)
    (x, y), *_ = upright["Invoice 4711"]
    at = {90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}[degrees]
    box = next(line.box for line in found.lines if line.text == "Invoice 4711")
    assert box[0] == pytest.approx(at, abs=3)


def test_text_that_was_turned_upright_by_the_page_is_upright() -> None:
    def lie_down(canvas: Canvas) -> None:
        canvas.rotate(90)
        canvas.translate(0, -300)
        write(canvas)

    found = layer(turned(pdf(lie_down), 90))
    assert texts(found) == list(LINES)


@pytest.mark.parametrize(("degrees", "first"), [(90, (52, 1)), (180, (380, 50)), (270, (368, 299))])
def test_text_that_stands_on_its_side_is_read_along_its_own_way(degrees: int, first: tuple[int, int]) -> None:
    def turn(canvas: Canvas) -> None:
        canvas.translate(*first)
        canvas.rotate(degrees)
        canvas.drawString(0, 0, "Rechnung 4711")
        canvas.drawString(0, -20, "Total 450.00")

    assert sorted(texts(drawn(turn))) == ["Rechnung 4711", "Total 450.00"]


def test_columns_are_lines_of_their_own_in_rows() -> None:
    def table(canvas: Canvas) -> None:
        for x in (250, 40):  # the file's order is not the page's
            for y in (200, 230):
                canvas.drawString(x, y, f"{x} at {y}")

    assert texts(drawn(table)) == ["40 at 230", "250 at 230", "40 at 200", "250 at 200"]


def test_letters_that_are_placed_one_by_one_in_any_order_make_the_words_that_are_seen() -> None:
    def scatter(canvas: Canvas) -> None:
        canvas.setFont("Courier", 12)
        for at in (7, 3, 0, 5, 1, 6, 2, 4):
            canvas.drawString(40 + 7.2 * at, 200, "1.234,56"[at])

    assert texts(drawn(scatter)) == ["1.234,56"]


def test_a_bold_made_by_printing_twice_is_one_text() -> None:
    def twice(canvas: Canvas) -> None:
        for x in (40, 40.3):
            canvas.drawString(x, 200, "Total 450.00")

    assert texts(drawn(twice)) == ["Total 450.00"]


def test_an_empty_page_has_nothing_to_read() -> None:
    found = drawn(lambda canvas: canvas.rect(40, 40, 300, 200))
    assert (found.lines, found.rest, found.coverage) == ((), None, 1.0)


# Text that nobody sees


def hide_in_render_mode_3(canvas: Canvas) -> None:
    text = canvas.beginText(40, 250)
    text.setTextRenderMode(3)
    text.textLine("Total 999.00")
    canvas.drawText(text)


def hide_in_white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(1, 1, 1)
    write(canvas, ("Total 999.00",))


def hide_in_near_white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.95, 0.95, 0.95)
    write(canvas, ("Total 999.00",))


def hide_by_transparency(canvas: Canvas) -> None:
    canvas.setFillAlpha(0.01)
    write(canvas, ("Total 999.00",))


def hide_under_a_box(canvas: Canvas) -> None:
    write(canvas, ("Total 999.00",))
    canvas.setFillColorRGB(0.2, 0.2, 0.6)
    canvas.rect(30, 230, 300, 50, stroke=0, fill=1)


def hide_off_the_page(canvas: Canvas) -> None:
    canvas.drawString(-200, 100, "Total 999.00")
    canvas.drawString(40, 2000, "Total 999.00")


def hide_by_size(canvas: Canvas) -> None:
    write(canvas, ("Total 999.00",), size=1)


def hide_by_a_clip(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(0, 0, 10, 10)
    canvas.clipPath(path, stroke=0)
    write(canvas, ("Total 999.00",))


HIDDEN = [
    hide_in_render_mode_3, hide_in_white, hide_in_near_white, hide_by_transparency, hide_under_a_box,
    hide_off_the_page, hide_by_size, hide_by_a_clip,
]  # fmt: skip


@pytest.mark.parametrize("hide", HIDDEN)
def test_text_that_nobody_sees_is_not_in_the_result(hide) -> None:
    def page(canvas: Canvas) -> None:
        canvas.saveState()
        hide(canvas)
        canvas.restoreState()
        canvas.drawString(40, 100, "Total 450.00")

    found = drawn(page)
    assert texts(found) == ["Total 450.00"]


@pytest.mark.parametrize("mode", [0, 3])
def test_the_text_that_a_scanner_lays_under_its_image_is_not_trusted(mode: int) -> None:
    def scan(canvas: Canvas) -> None:
        text = canvas.beginText(40, 250)
        text.setTextRenderMode(mode)
        text.textLine("Total 4S0.00")
        if mode == 0:
            canvas.drawText(text)
        canvas.drawImage(picture(), 0, 0, *SIZE)
        if mode == 3:
            canvas.drawText(text)

    found = drawn(scan)
    assert (found.lines, found.coverage) == ((), 0.0)
    assert found.rest is not None
    assert found.rest.image.height_px > 200


def test_a_figure_over_another_one_is_left_to_ocr() -> None:
    def overwrite(canvas: Canvas) -> None:
        canvas.drawString(40, 200, "Total 111.11")
        canvas.setFillColorRGB(1, 1, 1)
        canvas.rect(30, 190, 200, 30, stroke=0, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        canvas.drawString(40, 200, "Total 450.00")

    found = drawn(overwrite)
    assert texts(found) == []
    assert found.rest is not None


@pytest.mark.parametrize("shift", [0, 2, 4, 6, 8])
def test_an_invisible_digit_among_visible_ones_is_not_read(shift: float) -> None:
    def slip_in(canvas: Canvas) -> None:
        canvas.setFont("Courier", 12)
        canvas.drawString(40, 200, "450.00")
        text = canvas.beginText(40 + shift, 200)
        text.setTextRenderMode(3)
        text.textOut("9")
        canvas.drawText(text)

    assert texts(drawn(slip_in)) in (["450.00"], [])


# Text that is not what is drawn


def test_a_font_that_claims_another_digit_is_left_to_ocr() -> None:
    with lying_font({"4": "9"}) as font:
        found = drawn(lambda canvas: write(canvas, font=font))
    assert texts(found) == [line for line in LINES if "4" not in line]
    assert found.rest is not None


@pytest.mark.parametrize(("drawn_as", "claimed"), [(",", "."), (".", ",")])
@pytest.mark.parametrize("degrees", [0, 90])
def test_a_comma_that_claims_to_be_a_point_is_left_to_ocr_and_so_is_a_point_that_claims_a_comma(
    drawn_as: str, claimed: str, degrees: int
) -> None:
    lines = ("Honest", f"Total 1{drawn_as}234")
    with lying_font({drawn_as: claimed}) as font:
        found = layer(turned(pdf(lambda canvas: write(canvas, lines, font)), degrees))
    assert texts(found) == ["Honest"]
    assert found.rest is not None


def test_honest_points_and_commas_are_trusted() -> None:
    lines = ("1.234,56", "2,345.67 USD", "3.456,78, 9.")
    for font in ("Helvetica", "Times-Roman", "Courier", "Helvetica-Bold"):
        assert texts(drawn(lambda canvas, font=font: write(canvas, lines, font))) == list(lines)


def test_an_honest_font_of_the_same_make_is_trusted() -> None:
    with lying_font({}) as font:
        assert texts(drawn(lambda canvas: write(canvas, font=font))) == list(LINES)


@pytest.mark.parametrize("code", [0xE012, 0x13, 0xFFFD])
def test_characters_without_a_name_are_left_to_ocr(code: int) -> None:
    with lying_font({"5": chr(code)}) as font:
        found = drawn(lambda canvas: write(canvas, font=font))
    assert texts(found) == ["Invoice 4711", "Date: 2026-11-22"]
    assert found.rest is not None


def test_letters_shifted_by_a_broken_encoding_are_left_to_ocr() -> None:
    letters = string.ascii_letters
    shift = dict(zip(letters, letters[7:] + letters[:7], strict=True))
    with lying_font(shift) as font:
        found = drawn(lambda canvas: write(canvas, ("Consulting services in November",), font=font))
    assert texts(found) == []


def test_a_font_without_its_table_of_characters_gives_no_wrong_text() -> None:
    with lying_font({}) as font:
        data = pdf(lambda canvas: write(canvas, font=font))
    assert b"/ToUnicode" in data
    found = layer(data.replace(b"/ToUnicode", b"/NoUnicode"))
    assert all(text in LINES for text in texts(found))


def test_a_sign_before_a_number_costs_the_number_nothing() -> None:
    with lying_font({"*": "\ue001"}) as font:
        found = drawn(lambda canvas: write(canvas, ("* 4711 450.00",), font=font))
    assert texts(found) == ["4711 450.00"]


# What the text does not have


def test_words_in_a_picture_beside_the_text_are_left_to_ocr() -> None:
    def letterhead(canvas: Canvas) -> None:
        write(canvas)
        canvas.drawImage(picture(("IBAN DE89 3704",), 400, 120), 200, 20, 200, 60)

    found = drawn(letterhead)
    assert texts(found) == list(LINES)
    assert found.rest is not None
    assert found.rest.top_px > 180 * DPI / 72
    assert found.coverage > 0.7


def test_a_picture_without_words_leaves_nothing_to_ocr() -> None:
    def with_rules(canvas: Canvas) -> None:
        write(canvas)
        canvas.setFillColorRGB(0.2, 0.5, 0.3)
        canvas.circle(340, 240, 30, stroke=0, fill=1)
        for y in (20, 40, 60, 80):
            canvas.line(30, y, 390, y)
        for x in (30, 150, 390):
            canvas.line(x, 20, x, 80)

    found = drawn(with_rules)
    assert (texts(found), found.rest) == (list(LINES), None)


def test_what_was_filled_into_a_form_is_left_to_ocr() -> None:
    def form(canvas: Canvas) -> None:
        write(canvas)
        canvas.acroForm.textfield(x=40, y=40, width=200, height=30, value="FILLED IN 77,00", fontSize=14)

    found = drawn(form)
    assert texts(found) == list(LINES)
    assert found.rest is not None


def test_a_note_drawn_on_the_page_is_left_to_ocr() -> None:
    def note(canvas: Canvas) -> None:
        write(canvas)
        canvas.freeTextAnnotation("PAID 450.00 EUR", "/Helv 14 Tf 0 g", Rect=(40, 40, 240, 80))

    found = drawn(note)
    assert texts(found) == list(LINES)


# Bounds


def test_a_page_of_more_glyphs_than_anybody_reads_is_left_to_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyph, "MOST_GLYPHS", 10)
    found = drawn(write)
    assert found.lines == ()
    assert found.rest is not None
