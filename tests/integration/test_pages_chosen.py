"""A batch that reads some pages of each document: from the command to the result, split over the fleet too."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from producer.fleet import Fleet
from producer.order import Wish
from producer.results.export import Export, Format
from tests.conftest import MakeSettings
from tests.producer_steps import submit
from tests.worker_steps import result_of, work, worker

#: The null engine reads a page's size, so each page has its own.
WIDTHS = [100 + number for number in range(1, 10)]


def draw_pdf(folder: Path) -> Path:
    canvas = Canvas(str(folder / "a.pdf"))
    for width in WIDTHS:
        canvas.setPageSize((width, 200))
        canvas.drawString(10, 10, "x")
        canvas.showPage()
    canvas.save()
    return folder / "a.pdf"


def draw_tiff(folder: Path) -> Path:
    first, *others = [Image.new("L", (width, 200), 255) for width in WIDTHS]
    first.save(folder / "a.tif", save_all=True, append_images=others)
    return folder / "a.tif"


@pytest.mark.parametrize("draw", [draw_pdf, draw_tiff])
@pytest.mark.parametrize("pages_per_job", [2, 8])
def test_the_chosen_pages_are_read_and_keep_their_numbers(
    settings: MakeSettings, tmp_path: Path, draw: Callable[[Path], Path], pages_per_job: int
) -> None:
    made = settings(pages_per_job=pages_per_job, raster_dpi=72)
    fleet = Fleet.open(made)
    submit(fleet, draw(tmp_path), wish=Wish(engine="null", mode="off", pages="-1,2-4,8,12"))

    summary = work(fleet, worker(made), worker(made, "node-b"))

    assert (summary.done, summary.pages, summary.pages_done) == (1, 5, 5)
    pages = result_of(fleet).pages
    assert [page.page for page in pages] == [2, 3, 4, 8, 9]
    assert [page.width_px for page in pages] == [WIDTHS[page.page - 1] for page in pages]
    list(Export(fleet, "march", tmp_path / "out", [Format.JSON]).write())
    (exported,) = (json.loads(path.read_text()) for path in (tmp_path / "out").iterdir())
    assert [page["page"] for page in exported["pages"]] == [2, 3, 4, 8, 9]


def test_a_document_without_the_chosen_pages_fails_and_says_so(settings: MakeSettings, tmp_path: Path) -> None:
    made = settings()
    fleet = Fleet.open(made)
    submit(fleet, draw_pdf(tmp_path), wish=Wish(engine="null", mode="off", pages="10-"))

    assert work(fleet, worker(made)).failed == 1
    (letter,) = fleet.ledger.dead_letters("march")
    assert letter.reason.startswith("NoPages: The document has no page of 10-: it has 9.")
    assert letter.attempts == 1
