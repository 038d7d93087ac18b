"""Which pages are restored, and what that leaves of them."""

import cv2
import numpy as np
import pytest

from tests.drawn_page import LINES, draw
from workers.ocr.restoration import restore, suffix
from workers.ocr.sharpness import sharpness

SHARP = draw(LINES * 3).pixels


def worn(blur_px: float, *, fade: float = 0.0, grain: float = 0.0) -> np.ndarray:
    soft = 255 - (255 - cv2.GaussianBlur(SHARP, (0, 0), blur_px).astype(float)) * (1 - fade)
    return np.clip(soft + grain * np.random.default_rng(0).standard_normal(soft.shape), 0, 255).astype(np.uint8)


def grey(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)


def test_sharpness_falls_with_blur_and_hardly_with_fading_or_grain() -> None:
    falling = [sharpness(grey(worn(blur_px))) for blur_px in (0.3, 1.0, 2.0, 3.0)]
    assert falling == sorted(falling, reverse=True)
    assert sharpness(grey(worn(2.0, fade=0.5, grain=3))) == pytest.approx(falling[2], abs=0.05)


def test_a_sharp_page_is_left_as_it_is_unless_asked_for() -> None:
    assert restore(SHARP, "auto", dpi=118) is SHARP
    assert restore(SHARP, "always", dpi=118) is not SHARP


def test_a_blurred_page_is_restored_unless_forbidden() -> None:
    blurred = worn(2.0)
    assert restore(blurred, "never", dpi=118) is blurred
    restored = restore(blurred, "auto", dpi=118)
    assert restored.shape == blurred.shape
    assert restored.dtype == np.uint8
    assert sharpness(grey(restored)) > sharpness(grey(blurred))


def test_a_page_of_fine_resolution_is_left_as_it_is_however_soft() -> None:
    blurred = worn(2.0)
    assert restore(blurred, "auto", dpi=200) is blurred


def test_uneven_paper_becomes_white_and_ink_stays() -> None:
    shade = np.linspace(0.6, 1, SHARP.shape[1])[None, :, None]
    restored = grey(restore((worn(2.0) * shade).astype(np.uint8), "always", dpi=118))
    assert np.percentile(restored, 20) > 245
    assert restored.min() < 100


def test_a_page_without_text_is_left_as_it_is() -> None:
    blank = np.full((300, 200, 3), 255, np.uint8)
    assert restore(blank, "auto", dpi=118) is blank


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3000, 3), (3000, 2, 3)])
def test_a_page_of_any_shape_can_be_restored(shape: tuple[int, int, int]) -> None:
    assert restore(np.zeros(shape, np.uint8), "always", dpi=118).shape == shape


def test_the_engine_s_name_tells_a_choice_that_changes_results() -> None:
    assert [suffix(when) for when in ("auto", "always", "never")] == ["", " restore-always", " restore-never"]
