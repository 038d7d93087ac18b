"""Backlogs: two workers share one and nothing is done twice; bad documents end with a reason and hold up nobody."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

DOCUMENTS = 200


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
