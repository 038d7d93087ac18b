"""Damaged files, opened and drawn in this process: each gives pages within the bounds, or an error of ours."""

import pytest

from bench.hostile.fuzz import mutants
from bench.hostile.good import good_files
from jobs.errors import PermanentError
from jobs.media import HEAD_BYTES, sniff
from workers.document.bounds import Bounds
from workers.document.pages import open_document

BOUNDS = Bounds(max_pages=50, max_page_pixels=2_000_000, max_page_side=3_000)


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_file_gives_pages_or_an_error_that_says_what_is_wrong(seed: int) -> None:
    for name, data in mutants(good_files(), seed, 4):
        media_type = sniff(data[:HEAD_BYTES])
        if media_type is None:
            continue
        try:
            with open_document(data, media_type, BOUNDS) as pages:
                page = pages.render(1, 100)
        except PermanentError as error:
            assert len(error.reason) < 300, name
        else:
            assert max(page.pixels.shape) <= BOUNDS.max_page_side, name


def test_the_same_seed_gives_the_same_files() -> None:
    assert dict(mutants(good_files(), 1, 2)) == dict(mutants(good_files(), 1, 2))
    assert dict(mutants(good_files(), 1, 2)) != dict(mutants(good_files(), 2, 2))
