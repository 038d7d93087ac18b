"""The pages of `ocrfleet review` in a real browser."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from jobs.result import Figure, LineResult
from producer.fleet import Fleet
from producer.review import Review
from tests.producer_steps import finish, submit, write

SCAN = (200, 30, 30)
FIGURE = (30, 60, 200)
BOX = ((30.0, 40.0), (270.0, 40.0), (270.0, 60.0), (30.0, 60.0))
PAINTED_BY_A_SCRIPT = (0, 255, 0)
HOSTILE = "<script>document.documentElement.style.background = '#00ff00'</script>"


@pytest.mark.prove
def test_the_scan_is_shown_and_no_script_of_a_document_runs(settings, tmp_path):
    line = LineResult(raw=HOSTILE, text=HOSTILE, box=BOX, confidence=0.9)

    page = reviewed(settings, tmp_path, line, Image.new("RGB", (300, 400), SCAN))

    colours = seen(page, tmp_path, height=1000)
    assert is_among(SCAN, colours)
    assert not is_among(PAINTED_BY_A_SCRIPT, colours)


@pytest.mark.prove
def test_a_flagged_figure_is_seen_on_its_piece_of_the_scan_before_the_page(settings, tmp_path):
    figure = Figure(start=7, end=11, kind="amount", raw="7.42", final="7.42", confidence=0.4, flag="read unsurely")
    line = LineResult(raw="Total: 7.42", text="Total: 7.42", box=BOX, confidence=0.9, figures=(figure,))
    scan = Image.new("RGB", (300, 400), SCAN)
    scan.paste(FIGURE, (30, 40, 270, 60))  # the line's box

    page = reviewed(settings, tmp_path, line, scan)

    assert is_among(FIGURE, seen(page, tmp_path, height=300))  # the page itself comes below


def reviewed(settings, tmp_path, line, scan) -> Path:
    """Review a document of one line on this scan. Returns its page."""
    fleet = Fleet.open(settings())
    write(tmp_path / "scans", "a.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet)
    (entry,) = fleet.documents("march")
    result = fleet.store.get_result(entry.document, entry.fingerprint)
    page = result.pages[0].model_copy(update={"lines": (line,), "width_px": 300, "height_px": 400})
    image = BytesIO()
    scan.save(image, "JPEG", quality=95)
    fleet.store.put_page(entry.document, entry.fingerprint, page, image.getvalue())
    fleet.store.put_result(result.model_copy(update={"pages": (page,), "arithmetic": ()}))
    (row,) = Review(fleet, "march", tmp_path / "review").write()
    return tmp_path / "review" / "documents" / f"{row.document}.html"


def is_among(colour, colours) -> bool:
    """Whether a colour is there, as far as JPEG keeps it."""
    return any(all(abs(a - b) < 12 for a, b in zip(colour, other, strict=True)) for other in colours)


def seen(page, tmp_path, height) -> set[tuple[int, int, int]]:
    """Show a page as a person sees it, so many pixels of it. Returns the colours."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "This proof needs a browser. Run: apt-get install chromium"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size=1200,{height}"]
    shot = tmp_path / "shot.png"
    subprocess.run([*command, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True, timeout=120)
    return {colour for _, colour in Image.open(shot).convert("RGB").getcolors(maxcolors=1 << 24)}
