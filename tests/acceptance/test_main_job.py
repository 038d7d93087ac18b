"""The main job, whole: documents go in by the real commands, a real worker reads and corrects, text comes out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samples.stack import packaged_model

SLIPS = ["Invoic # 12345", "Total: $1O0.00", "Date: 2023-07-15"]


def results_of(fleet: Any, folder: Path) -> dict[str, dict[str, Any]]:
    fleet.ocrfleet("results", "batch", "--out", str(folder), "--format", "json")
    return {str(path.relative_to(folder)): json.loads(path.read_text()) for path in folder.rglob("*.json")}


def test_a_page_with_slips_comes_out_right_and_says_who_mended_what(
    fleet: Any, draw_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    # Given a page whose text has slips, typed in a face in which O is not 0
    document = draw_pdf("slips.pdf", SLIPS, font="Times-Roman")

    # When it goes through the store, the queue, OCR, the model and the verification
    fleet.start_worker()
    fleet.submit(document, text_layer="ignore")
    fleet.wait_until_finished()
    (result,) = results_of(fleet, tmp_path / "out").values()

    # Then the slips are mended, the date is untouched
    lines = result["pages"][0]["lines"]
    assert [line["raw"] for line in lines] == SLIPS
    assert [line["text"] for line in lines] == ["Invoice # 12345", "Total: $100.00", "Date: 2023-07-15"]
    # And the figure was repaired by its format, not by the model's word
    (figure,) = lines[1]["changes"]
    assert (figure["raw"], figure["final"], figure["source"]) == ("1O0.00", "100.00", "figure")
    assert "format" in figure["witness"]
    # And the word by the model's choice among plausible misreadings
    (word,) = lines[0]["changes"]
    assert word["source"] == "model"
    # And the result names what made it
    provenance = result["pages"][0]["provenance"]
    assert provenance["model_sha256"] == hashlib.sha256(packaged_model().read_bytes()).hexdigest()
    assert provenance["engine"].startswith("rapidocr ")
    assert "figure" in provenance["prompt"] or "numeric" in provenance["prompt"]


def test_duplicates_are_read_once_and_every_path_gets_its_result(
    fleet: Any, draw_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    first = draw_pdf("a.pdf", ["Invoice 1", "Total 10.00"])
    (first.parent / "sub").mkdir()
    (first.parent / "sub" / "b.pdf").write_bytes(first.read_bytes())
    (first.parent / "notes.txt").write_text("not an invoice")

    fleet.start_worker()
    fleet.submit(first.parent)
    summary = fleet.wait_until_finished()

    assert (summary["documents"], summary["done"]) == (1, 1)
    results = results_of(fleet, tmp_path / "out")
    assert set(results) == {"a.pdf.json", "sub/b.pdf.json"}
    assert results["a.pdf.json"]["pages"] == results["sub/b.pdf.json"]["pages"]


def test_a_long_document_is_read_in_parts_and_assembled_in_order(
    fleet: Any, draw_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    fleet.settings["pages_per_job"] = 2
    document = draw_pdf("long.pdf", *[[f"Page number {number}"] for number in range(1, 8)])

    fleet.start_worker("--concurrency", "2")
    fleet.submit(document)
    summary = fleet.wait_until_finished()

    assert (summary["pages"], summary["pages_done"], summary["done"]) == (7, 7, 1)
    (result,) = results_of(fleet, tmp_path / "out").values()
    assert [page["page"] for page in result["pages"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [page["lines"][0]["text"] for page in result["pages"]] == [f"Page number {n}" for n in range(1, 8)]


def test_a_document_that_needs_no_model_is_read_without_redis(fleet: Any, draw_pdf: Callable[..., Path]) -> None:
    """Its text is its own, so no page asks the engine anything before it is stopped."""
    document = draw_pdf("own.pdf", SLIPS, font="Times-Roman")

    read = fleet.ocrfleet_worker("read", str(document), "--json")

    assert json.loads(read.stdout)["pages"][0]["provenance"]["engine"] == "pdf text"
    assert read.stderr == ""


def test_one_document_is_read_without_redis(fleet: Any, draw_pdf: Callable[..., Path]) -> None:
    fleet.settings["redis_url"] = "redis://127.0.0.1:1/0"
    document = draw_pdf("one.pdf", SLIPS, font="Times-Roman")

    read = fleet.ocrfleet_worker("read", str(document), "--text-layer", "ignore", "--json")

    assert json.loads(read.stdout)["pages"][0]["lines"][1]["text"] == "Total: $100.00"
    assert read.stderr == ""
