"""The real engine on small pages drawn here."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import Settings
from jobs.errors import OcrUnavailable, UsageError
from jobs.result import Box
from tests.drawn_page import LINES, draw
from workers.ocr import OcrEngine, PageImage, open_engine
from workers.ocr.pp_ocr import PpOcr


@pytest.fixture(scope="module")
def engine() -> Iterator[OcrEngine]:
    engine = open_engine("auto", Settings(_env_file=None))
    yield engine
    engine.close()


def test_auto_is_rapidocr_and_its_name_says_which(engine: OcrEngine) -> None:
    assert engine.name.startswith("rapidocr 3.")
    assert "PP-OCRv6" in engine.name


def test_an_unknown_engine_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"auto, .*rapidocr"):
        open_engine("papyrus", Settings(_env_file=None))


def test_lines_are_read_in_order_with_boxes_in_pixels_of_the_page(engine: OcrEngine) -> None:
    lines = engine.read(draw(LINES))
    assert [line.text for line in lines] == LINES
    for row, line in enumerate(lines):
        (left, top), _, (right, bottom), _ = line.box
        assert 20 <= left <= 50
        assert 200 <= right <= 500
        assert 10 + 60 * row <= top < bottom <= 90 + 60 * row
        assert line.confidence > 0.9


def test_every_character_has_its_other_readings_beside_it(engine: OcrEngine) -> None:
    for line in engine.read(draw(LINES)):
        assert len(line.alternatives) == len(line.text)
        for character, readings in zip(line.text, line.alternatives, strict=True):
            assert character not in [reading for reading, _ in readings]
            assert [p for _, p in readings] == sorted((p for _, p in readings), reverse=True)


def test_an_empty_page_has_no_lines(engine: OcrEngine) -> None:
    assert engine.read(PageImage(np.full((600, 400, 3), 255, np.uint8), dpi=100)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (3000, 2), (30, 30)])
def test_a_page_of_any_shape_is_read(engine: OcrEngine, shape: tuple[int, int]) -> None:
    assert engine.read(PageImage(np.zeros((*shape, 3), np.uint8), dpi=100)) == ()


def test_reading_twice_gives_the_same(engine: OcrEngine) -> None:
    page = draw(LINES)
    assert engine.read(page) == engine.read(page)


def test_closing_twice_is_harmless() -> None:
    engine = open_engine("rapidocr", Settings(_env_file=None))
    engine.close()
    engine.close()


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_that_lies_or_stands_on_its_head_is_read_with_boxes_on_the_page_as_given(
    engine: OcrEngine, quarters: int
) -> None:
    upright = draw(LINES)
    turned = PageImage(np.ascontiguousarray(np.rot90(upright.pixels, quarters)), dpi=150)
    lines = engine.read(turned)
    assert [line.text for line in lines] == LINES
    for line in lines:
        (x, y) = np.mean(line.box, axis=0)
        assert 0 <= x < turned.width_px
        assert 0 <= y < turned.height_px
        assert turned.pixels[ink(line.box)].min() < 100


def ink(box: Box) -> tuple[slice, slice]:
    left, top = np.min(box, axis=0).astype(int)
    right, bottom = np.max(box, axis=0).astype(int)
    return slice(max(0, top), bottom), slice(max(0, left), right)


def test_one_line_up_the_margin_of_an_upright_page_is_read_too(engine: OcrEngine) -> None:
    page = draw(LINES * 2).pixels.copy()
    note = np.rot90(draw(["Rechnung bitte aufheben"]).pixels[:, :420], 3)
    page[: note.shape[0], -note.shape[1] :] = note
    texts = [line.text for line in engine.read(PageImage(page, dpi=150))]
    assert "Rechnung bitte aufheben" in texts
    assert "Invoice 4711" in texts


def test_words_are_placed_on_their_line(engine: OcrEngine) -> None:
    line = engine.read(draw(LINES))[2]
    (first, _), (last, _), *_ = line.box
    assert line.text.split() == ["Consulting", "3", "x", "150.00"]
    pen = ImageFont.load_default(28)
    for word, extent in zip(line.text.split(), line.words, strict=True):
        left = 40 + pen.getlength(line.text[: line.text.index(word)])
        begins, ends = (first + part * (last - first) for part in extent)
        assert begins == pytest.approx(left, abs=12)
        assert ends == pytest.approx(left + pen.getlength(word), abs=12)


def test_models_of_one_s_own_are_read_with_and_named(tmp_path: Path) -> None:
    own = tmp_path / "own_rec.onnx"
    shutil.copy(PpOcr().recogniser, own)
    engine = open_engine("rapidocr", Settings(_env_file=None, rapidocr_recogniser_path=own))
    assert "own_rec@" in engine.name
    assert [line.text for line in engine.read(draw(LINES))] == LINES


def test_a_model_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, rapidocr_detector_path=tmp_path / "none.onnx")
    with pytest.raises(OcrUnavailable, match=r"none\.onnx.*OCRFLEET_RAPIDOCR_DETECTOR_PATH"):
        open_engine("rapidocr", settings)


def test_columns_of_prose_are_read_one_after_the_other_and_a_table_by_rows(engine: OcrEngine) -> None:
    left = [
        "Delivery is free of charge within the country",
        "for all orders placed before noon, those of ours",
        "alone excepted. Goods stay our property until",
        "they are paid for in full, with all that is owed.",
    ]
    right = [
        "Payment is due at once and without deduction;",
        "interest accrues from the tenth day on, at the",
        "legal rate. Our place of jurisdiction is where",
        "we have our seat, and the law is that of ours.",
    ]
    image = Image.new("RGB", (1100, 560), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(20)
    for row, texts in enumerate(zip(left, right, strict=True)):
        for x, text in zip((40, 580), texts, strict=True):
            pen.text((x, 30 + 35 * row), text, "black", font)
    for row, cells in enumerate([("Paper", "2", "9.80"), ("Ink", "1", "24.00"), ("Pens", "12", "6.60")]):
        for x, text in zip((40, 600, 800), cells, strict=True):
            pen.text((x, 300 + 60 * row), text, "black", font)
    read = [line.text for line in engine.read(PageImage(np.asarray(image), dpi=150))]
    assert read == [*left, *right, "Paper", "2", "9.80", "Ink", "1", "24.00", "Pens", "12", "6.60"]
