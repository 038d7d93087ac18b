"""Coarse, blurred pages, which are read with weights of our own."""

import contextlib
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from config.settings import Settings
from tests.drawn_page import LINES, draw
from workers.ocr import PageImage, coarse, open_engine, restoration
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.sharpness import sharpness

#: Set in Pillow's own font, which the weights were not trained on; it has no accents.
TEXT = """Steuerbetrag 19 % auf 1.284,50 EUR
Zahlungsziel: 30 Tage ab Rechnungsdatum
Lieferung frei Haus, Spesen inbegriffen
Kundennummer 70-4418, Auftrag 2026/0317
Zwischensumme 3.461,80 abzgl. Skonto 69,24
Schraubensatz verzinkt, 250 Blatt zu 0,18
Bankkonto DE44 5001 0517 5407 3249 31
Description of services rendered in March
Unit price 84.50, quantity 12, amount 1,014.00
Conditions de paiement : virement bancaire
Montant hors taxes 2 318,75 EUR taux normal
Merci de rappeler la date de la facture""".splitlines()


def coarse_page(blur_px: float = 1.5) -> PageImage:
    """As a copier of 1995 would give it: 15 pixels a line, soft, pale, grainy."""
    image = Image.new("L", (700, 30 + 30 * len(TEXT)), 255)
    for row, line in enumerate(TEXT):
        ImageDraw.Draw(image).text((30, 15 + 30 * row), line, 40, ImageFont.load_default(15))
    soft = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), blur_px)
    grain = np.random.default_rng(7).normal(0, 6, soft.shape)
    grey = np.clip(245 - 0.7 * (255 - soft) + grain, 0, 255).astype(np.uint8)
    return PageImage(np.repeat(grey[:, :, None], 3, axis=2), dpi=118)


def words_read(page: PageImage, settings: Settings) -> int:
    with contextlib.closing(open_engine("rapidocr", settings)) as engine:
        read = Counter(" ".join(line.text for line in engine.read(page)).split())
    return (read & Counter(" ".join(TEXT).split())).total()


def test_more_words_are_read_with_our_weights_than_without() -> None:
    page = coarse_page()
    without = words_read(page, Settings(_env_file=None, rapidocr_coarse=False))
    assert words_read(page, Settings(_env_file=None)) > without


def test_they_are_loaded_by_the_first_coarse_page_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []
    load = coarse.coarse_network
    monkeypatch.setattr("workers.ocr.stages.coarse_network", lambda path: loaded.append(path) or load(path))
    with contextlib.closing(open_engine("rapidocr", Settings(_env_file=None))) as engine:
        assert [line.text for line in engine.read(draw(LINES))] == LINES
        assert loaded == []
        engine.read(coarse_page())
        engine.read(coarse_page())
    assert loaded == [PpOcr().recogniser]


def test_they_read_pages_that_are_too_sharp_to_be_restored_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    page = coarse_page(blur_px=0.9)
    assert restoration.SHARP < sharpness(page.pixels[:, :, 0].copy()) < coarse.SHARP
    loaded: list[Path] = []
    load = coarse.coarse_network
    monkeypatch.setattr("workers.ocr.stages.coarse_network", lambda path: loaded.append(path) or load(path))
    words_read(page, Settings(_env_file=None))
    assert loaded == [PpOcr().recogniser]


def test_a_recogniser_of_one_s_own_reads_coarse_pages_alone(tmp_path: Path) -> None:
    own = tmp_path / "own_rec.onnx"
    own.write_bytes(
        PpOcr().recogniser.read_bytes() + b"\x32\x00"
    )  # an empty doc_string: another file, the same weights
    page = coarse_page()
    plain = words_read(page, Settings(_env_file=None, rapidocr_coarse=False))
    assert words_read(page, Settings(_env_file=None, rapidocr_recogniser_path=own)) == plain


def test_the_engine_s_name_says_where_they_are_turned_off() -> None:
    with contextlib.closing(open_engine("rapidocr", Settings(_env_file=None, rapidocr_coarse=False))) as engine:
        assert engine.name.endswith(" latin no-coarse")


@pytest.mark.parametrize("quarters", [0, 1, 2])
def test_a_blurred_page_is_read_whichever_way_up_it_stands(quarters: int) -> None:
    blurred = cv2.GaussianBlur(np.rot90(draw(LINES).pixels, quarters), (0, 0), 2.0)
    with contextlib.closing(open_engine("rapidocr", Settings(_env_file=None))) as engine:
        assert [line.text for line in engine.read(PageImage(blurred, dpi=118))] == LINES
