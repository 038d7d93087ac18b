"""Backlogs: two workers share one and nothing is done twice; bad documents end with a reason and hold up nobody."""

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from samples.stack import running, wait_for_line
from tests.drawn_page import draw_blanks

DOCUMENTS = 200
LONG_PAGES = 500
SMALL = 20


def test_two_workers_share_a_backlog_and_do_nothing_twice(fleet: Any, tmp_path: Path) -> None:
    # Given 200 images that differ in one pixel
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(DOCUMENTS):
        image = Image.new("L", (200, 100), 255)
        image.putpixel((number % 200, number // 200), 0)
        image.save(folder / f"{number}.png")

    # When two workers run at once
    fleet.start_worker("--name", "one")
    fleet.start_worker("--name", "two")
    fleet.submit(folder, engine="null")
    summary = fleet.wait_until_finished(180)

    # Then all are done, and each job ended once, on one of the two
    assert summary["done"] == DOCUMENTS
    ended = Counter(re.findall(r"state=done batch=batch document=(\w+)", "\n".join(fleet.whole_logs())))
    ended = ended or Counter(re.findall(r"batch=batch document=(\w+) .*state=done", "\n".join(fleet.whole_logs())))
    assert len(ended) == DOCUMENTS
    assert set(ended.values()) == {1}
    assert all("state=done" in log for log in fleet.whole_logs()), "one worker did everything"


@pytest.mark.prove
def test_a_document_of_500_pages_is_shared_by_the_fleet_and_blocks_no_small_one(
    fleet: Any, draw_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    # Given a long document that two workers are at, a tenth of a second a page
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with ExitStack() as stack:
        for log in logs:
            command = ["bench.chaos_worker", "run", "--gpu", "cpu", "--name", log.stem]
            wait_for_line(log, " ready.", stack.enter_context(running(command, fleet.settings, log)), 120)
        long = draw_pdf("long.pdf", *([f"Page {number}"] for number in range(LONG_PAGES)))
        fleet.submit(long, engine="null", mode="off")
        fleet.wait_until(lambda each: each["pages_done"] >= 20, 60)

        # When small ones come after it, to the same batch
        fleet.submit(draw_blanks(tmp_path / "small", SMALL))
        seen = fleet.wait_until(lambda each: each["done"] >= SMALL, 60)
        summary = fleet.wait_until_finished(180)

    # Then they have ended while it has not, and it is whole in the end: each page once, by both workers
    assert (seen["done"], seen["pages_done"] < LONG_PAGES) == (SMALL, True), seen
    assert (summary["done"], summary["pages_done"]) == (SMALL + 1, LONG_PAGES + SMALL)
    parts = [set(re.findall(r"part=(\d+) .*state=.?part done", log.read_text())) for log in logs]
    assert min(map(len, parts)) > 10, "one worker did everything"
    assert not parts[0] & parts[1]
    fleet.ocrfleet("results", "batch", "--out", str(tmp_path / "out"), "--format", "json")
    (result,) = (tmp_path / "out").glob("long.pdf.json")
    assert [page["page"] for page in json.loads(result.read_text())["pages"]] == list(range(1, LONG_PAGES + 1))


def test_bad_documents_fail_with_their_reason_and_the_others_are_done(
    fleet: Any, draw_pdf: Callable[..., Path]
) -> None:
    good = draw_pdf("good.pdf", ["Invoice 1"])
    folder = good.parent
    whole = good.read_bytes()
    (folder / "truncated.pdf").write_bytes(whole[: len(whole) // 3])
    (folder / "corrupt.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 200)
    (folder / "encrypted.pdf").write_bytes(encrypted_pdf())
    (folder / "no-pages.pdf").write_bytes(pdf_without_pages())
    (folder / "wrong-suffix.jpg").write_bytes(draw_pdf("x.pdf", ["Invoice 2"]).read_bytes())
    (folder / "x.pdf").unlink()
    Image.new("1", (20_000, 10)).save(folder / "wide.png")
    (folder / "nothing.pdf").write_bytes(b"")

    fleet.start_worker()
    submitted = fleet.ocrfleet("submit", str(folder), "--batch", "batch", check=False)
    fleet.wait_until_finished()

    listing = json.loads(fleet.ocrfleet("status", "batch", "--json", "--documents").stdout)["entries"]
    states = {entry["names"][0]: (entry["state"], entry["reason"].split(":")[0]) for entry in listing}
    assert states == {
        "good.pdf": ("done", ""),
        "wrong-suffix.jpg": ("done", ""),  # a PDF by content
        "truncated.pdf": ("failed", "CorruptDocument"),
        "corrupt.png": ("failed", "CorruptDocument"),
        "encrypted.pdf": ("failed", "EncryptedDocument"),
        "no-pages.pdf": ("failed", "CorruptDocument"),
        "wide.png": ("failed", "DocumentTooLarge"),
    }
    assert submitted.returncode == 1
    assert "nothing.pdf: the file is empty (0 bytes)" in submitted.stderr


def encrypted_pdf() -> bytes:
    from io import BytesIO

    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    made = BytesIO()
    canvas = Canvas(made, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(100, 100, "Invoice")
    canvas.save()
    return made.getvalue()


def pdf_without_pages() -> bytes:
    from io import BytesIO

    import pypdfium2

    made, document = BytesIO(), pypdfium2.PdfDocument.new()
    document.save(made)
    document.close()
    return made.getvalue()
