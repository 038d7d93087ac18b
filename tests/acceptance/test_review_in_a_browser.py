"""The pages of `ocrfleet review` in a real browser."""

import shutil
import subprocess
from io import BytesIO

import pytest
from PIL import Image

from producer.fleet import Fleet
from producer.review import Review
from tests.producer_steps import finish, submit, write

SCAN = (200, 30, 30)
PAINTED_BY_A_SCRIPT = (0, 255, 0)
HOSTILE = "<script>document.documentElement.style.background = '#00ff00'</script>"


@pytest.mark.prove
def test_the_scan_is_shown_and_no_script_of_a_document_runs(settings, tmp_path):
    fleet = Fleet.open(settings())
    write(tmp_path / "scans", "a.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet)
    (entry,) = fleet.documents("march")
    result = fleet.store.get_result(entry.document, entry.fingerprint)
    line = result.pages[0].lines[0].model_copy(update={"raw": HOSTILE, "text": HOSTILE})
    page = result.pages[0].model_copy(update={"lines": (line,), "width_px": 300, "height_px": 400})
    scan = BytesIO()
    Image.new("RGB", (300, 400), SCAN).save(scan, "JPEG", quality=95)
    fleet.store.put_page(entry.document, entry.fingerprint, page, scan.getvalue())
    fleet.store.put_result(result.model_copy(update={"pages": (page,)}))
    (row,) = Review(fleet, "march", tmp_path / "review").write()

    picture = screenshot(tmp_path / "review" / "documents" / f"{row.document}.html", tmp_path / "shot.png")

    colours = {colour for _, colour in picture.getcolors(maxcolors=1 << 24)}
    assert any(all(abs(a - b) < 12 for a, b in zip(colour, SCAN, strict=True)) for colour in colours)
    assert PAINTED_BY_A_SCRIPT not in colours


def screenshot(page, shot) -> Image.Image:
    """Show a page as a person sees it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "This proof needs a browser. Run: apt-get install chromium"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000"]
    subprocess.run([*command, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True, timeout=120)
    return Image.open(shot).convert("RGB")
