"""What users hand in, through the real commands and a real worker: a zip, encrypted PDFs, some pages only."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

SECRET = "correct horse"


def draw(pages: int, secret: str | None = None) -> bytes:
    file = BytesIO()
    encrypt = StandardEncryption(secret, "owner", strength=128) if secret else None
    canvas = Canvas(file, pagesize=(72, 72), encrypt=encrypt)
    for number in range(pages):
        canvas.setPageSize((72 + 36 * number, 72))
        canvas.drawString(10, 10, str(number))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def test_a_zip_with_encrypted_pdfs_of_which_some_pages_are_wanted(fleet: Any, tmp_path: Path) -> None:
    fleet.start_worker("--engine", "null", pages_per_job=1)
    with zipfile.ZipFile(tmp_path / "march.zip", "w") as packed:
        packed.writestr("a/open.pdf", draw(3))
        packed.writestr("a/locked.pdf", draw(3, SECRET))
        packed.writestr("notes.txt", "no invoice")
    (tmp_path / "passwords").write_text(f"another\n{SECRET}\n")

    fleet.submit(tmp_path / "march.zip", mode="off", pages="1,-1", text_layer="ignore")
    assert fleet.wait_until_finished()["failed"] == 1
    listed = fleet.ocrfleet("dead", "list", "batch").stdout
    assert "locked.pdf" in listed
    assert "--password-file" in listed

    fleet.ocrfleet("retry", "batch", "--password-file", str(tmp_path / "passwords"))
    assert fleet.wait_until_finished()["done"] == 2
    fleet.ocrfleet("results", "batch", "--out", str(tmp_path / "out"), "--format", "json")
    for name in ("open", "locked"):
        result = json.loads((tmp_path / "out" / "march.zip" / "a" / f"{name}.pdf.json").read_text())
        assert [(page["page"], page["lines"][0]["text"]) for page in result["pages"]] == [
            (1, "page 200x200"),
            (3, "page 400x200"),
        ]
    assert SECRET not in "".join(fleet.whole_logs())
