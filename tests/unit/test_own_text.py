"""A page is put together from its own text and what OCR reads of the rest."""

from dataclasses import dataclass, field

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from jobs.contract import Recipe, TextLayerUse
from jobs.errors import NoTextLayer
from jobs.media import PDF
from jobs.result import PageResult
from jobs.verify import check_document
from tests.layered_pdf import LINES, SIZE, pdf, picture, write
from workers.correction.settlement import settle
from workers.document.bounds import Bounds
from workers.document.pages import open_document
from workers.ocr import OcrLine, PageImage
from workers.pipeline import OWN_TEXT, Tools, assemble, read_page

BOUNDS = Bounds(max_pages=5, max_page_pixels=40_000_000, max_page_side=8_000)


@dataclass
class Engine:
    """Answers every page with one line at its top left, and keeps what it was shown."""

    name: str = "engine"
    truncated: bool = True
    shown: list[PageImage] = field(default_factory=list)

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        self.shown.append(page)
        return (OcrLine("read by OCR", ((30.0, 20.0), (100.0, 20.0), (100.0, 40.0), (30.0, 40.0)), 0.9),)

    def close(self) -> None:
        """Nothing is held."""


def read(data: bytes, use: TextLayerUse, media_type: str = PDF) -> tuple[PageResult, Engine]:
    engine = Engine()
    tools = Tools(ocr=engine, model=None, recipe=Recipe(mode="constrained", text_layer=use))
    with open_document(data, media_type, BOUNDS) as document:
        return read_page(document, 1, tools, dpi=150)[0], engine


def letterhead(canvas: Canvas) -> None:
    write(canvas)
    canvas.drawImage(picture(("IBAN DE89 3704",), 400, 120), 200, 20, 200, 60)


def scan(canvas: Canvas) -> None:
    canvas.drawString(300, 280, "Page 1 of 1")
    canvas.drawImage(picture(), 0, 0, SIZE[0], SIZE[1] - 40)


def test_a_page_with_sound_text_is_never_shown_to_ocr() -> None:
    page, engine = read(pdf(write), "auto")
    assert page.text.splitlines() == list(LINES)
    assert engine.shown == []
    made_by = page.provenance
    assert (made_by.engine, made_by.mode, made_by.truncated) == (OWN_TEXT, "off", False)
    assert all(line.exact and line.confidence == 1.0 for line in page.lines)


def test_ocr_is_shown_what_the_text_does_not_have_and_its_boxes_are_those_of_the_page() -> None:
    page, engine = read(pdf(letterhead), "auto")
    (rest,) = engine.shown
    assert rest.height_px < page.height_px / 2
    assert [line.text for line in page.lines] == [*LINES, "read by OCR"]
    assert [line.exact for line in page.lines] == [True] * len(LINES) + [False]
    assert page.lines[-1].box[0][1] > page.lines[-2].box[2][1]
    assert page.provenance.engine == f"{OWN_TEXT} + engine"
    assert page.provenance.truncated


def test_ignored_text_plays_no_part() -> None:
    page, engine = read(pdf(write), "ignore")
    assert page.text == "read by OCR"
    assert page.provenance.engine == "engine"
    assert [(shown.width_px, shown.height_px) for shown in engine.shown] == [(page.width_px, page.height_px)]


def test_only_takes_the_text_and_leaves_a_logo() -> None:
    page, engine = read(pdf(letterhead), "only")
    assert page.text.splitlines() == list(LINES)
    assert engine.shown == []


def test_only_refuses_a_scan_with_a_line_of_text_on_it() -> None:
    with pytest.raises(NoTextLayer, match=r"Page 1 .* --text-layer auto"):
        read(pdf(scan), "only")


def test_only_refuses_an_image(tmp_path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (200, 100), "white").save(path)
    with pytest.raises(NoTextLayer):
        read(path.read_bytes(), "only", "image/png")


def test_the_use_of_the_text_is_part_of_the_fingerprint() -> None:
    names = {Recipe(text_layer=use).fingerprint(engine="e", model_sha256="") for use in ("auto", "ignore", "only")}
    assert len(names) == 3


def wrong_sum(canvas: Canvas) -> None:
    for row, cells in enumerate(
        [("Netto", "100,00 €"), ("MwSt. 19 %", "19,00 €"), ("Rechnungsbetrag brutto", "179,00 €")]
    ):
        canvas.drawString(40, 250 - 24 * row, cells[0])
        canvas.drawRightString(300, 250 - 24 * row, cells[1])


def test_exact_figures_that_do_not_add_up_are_told_and_never_changed() -> None:
    page, _ = read(pdf(wrong_sum), "auto")
    result = assemble("0" * 64, "f", (page,))
    assert [sum_.closes for sum_ in result.arithmetic if sum_.rule == "net + tax = gross"] == [False]
    assert not any(line.changes for line in result.pages[0].lines)
    assert "179,00 €" in result.text
    assert check_document(result) == []
    assert settle(result.pages)[0] == result.pages


def test_the_checker_finds_a_change_in_exact_text() -> None:
    page, _ = read(pdf(write), "auto")
    line = page.lines[0].model_copy(update={"text": "Invoice 4712"})
    result = assemble("0" * 64, "f", (page.model_copy(update={"lines": (line,)}),))
    assert "the document's own text was changed" in {violation.rule for violation in check_document(result)}
