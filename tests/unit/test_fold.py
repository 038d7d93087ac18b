"""Blank paper left out before lines are looked for."""

import cv2
import numpy as np
import pytest

from workers.ocr.fold import Fold
from workers.ocr.quad import Pixels

HEIGHT, WIDTH = 1400, 1000


def paper(noise: float) -> Pixels:
    grain = np.random.default_rng(7).normal(0, noise, (HEIGHT, WIDTH, 1))
    return (230 + np.repeat(grain, 3, axis=2)).clip(0, 255).astype(np.uint8)


def write(page: Pixels, text: str, x: int, y: int, ink: int = 30) -> None:
    cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (ink, ink, ink), 2, cv2.LINE_AA)


@pytest.mark.parametrize("noise", [0, 3, 8])
def test_paper_between_lines_is_left_out_and_ink_never(noise: float) -> None:
    page = paper(noise)
    write(page, "Invoice 20417", 100, 200)
    write(page, "Total 1.284,50", 600, 1100)
    fold = Fold.of(page)
    folded = fold.apply(page)
    assert folded.size < page.size / 3
    assert (folded < 90).sum() == (page < 90).sum()


def test_faint_print_counts_as_ink() -> None:
    page = paper(noise=4)
    write(page, "payable at once", 100, 200)
    write(page, "small print in grey", 100, 1300, ink=190)
    assert 1300 in Fold.of(page).rows


def test_what_is_found_lies_where_it_stood() -> None:
    page = paper(noise=2)
    write(page, "Invoice", 100, 200)
    write(page, "Total", 600, 1100)
    fold = Fold.of(page)
    folded = fold.apply(page)
    top, left = (int(np.argmax((folded < 90).any(axis=(axis, 2)))) for axis in (1, 0))
    quad = np.array([(left, top), (left + 20, top), (left + 20, top + 10), (left, top + 10)], np.float32)
    first_row, first_column = (int(np.argmax((page < 90).any(axis=(axis, 2)))) for axis in (1, 0))
    assert fold.flat(quad).tolist() == [
        [first_column, first_row],
        [first_column + 20, first_row],
        [first_column + 20, first_row + 10],
        [first_column, first_row + 10],
    ]


def test_corners_beyond_the_page_stay_on_it() -> None:
    page = paper(noise=2)
    write(page, "Invoice", 100, 200)
    fold = Fold.of(page)
    far = np.array([(-5, -5), (9999, -5), (9999, 9999), (-5, 9999)], np.float32)
    assert fold.flat(far).min() >= 0
    assert (fold.flat(far) <= (WIDTH - 1, HEIGHT - 1)).all()


@pytest.mark.parametrize("noise", [0, 5])
def test_a_page_without_ink_stays_whole(noise: float) -> None:
    blank = paper(noise)
    assert Fold.of(blank).apply(blank).shape == blank.shape


@pytest.mark.parametrize("noise", [0, 5])
def test_a_page_full_of_small_print_keeps_all_of_it_beside_a_bold_heading(noise: float) -> None:
    full = paper(noise)
    cv2.putText(full, "CONDITIONS", (40, 90), cv2.FONT_HERSHEY_SIMPLEX, 3, (0, 0, 0), 16)
    for y in range(130, HEIGHT, 18):
        cv2.putText(full, "Lorem ipsum dolor sit amet " * 5, (-9, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (60, 60, 60), 1)
    fold = Fold.of(full)
    assert (fold.apply(full) < 90).sum() == (full < 90).sum()
    assert len(fold.rows) > 0.9 * HEIGHT


def test_a_page_of_a_few_pixels_is_no_trouble() -> None:
    speck = np.full((3, 5, 3), 200, np.uint8)
    assert Fold.of(speck).apply(speck).shape == speck.shape
