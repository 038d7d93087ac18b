"""The amounts of born-digital invoices come through by their own text, and bench.documents counts them."""

import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from bench.documents import amounts, measure
from config.settings import Settings
from samples.entry import invoice_of
from samples.generate import entries
from samples.layout import open_layout
from workers.ocr.null import NullEngine

LAYOUTS = sorted({entry["layout"] for entry in entries()})


def draw(folder: Path, layout: str) -> None:
    """One sample invoice of a layout as a PDF with its text, and what it says."""
    entry = next(entry for entry in entries() if entry["layout"] == layout)
    invoice = invoice_of(entry, Random(layout))
    pdf, _ = open_layout(layout)(invoice).finish()
    (folder / "pdf").mkdir()
    (folder / "pdf" / "a.pdf").write_bytes(pdf)
    values = [str(amount) for amount in sorted(invoice.amounts)]
    (folder / "truth.json").write_text(
        json.dumps({"a.pdf": {"totals": {"gross": str(invoice.total)}, "amounts": values}})
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_printed_amount_of_a_sample_is_in_the_result_without_ocr(layout: str, tmp_path: Path) -> None:
    draw(tmp_path, layout)
    score = measure(tmp_path, NullEngine(), "auto", Settings(_env_file=None))
    assert score.missing == []
    assert score.found == score.printed > 3
    assert score.broken_promises == 0


def test_an_amount_that_the_result_lacks_is_missed(tmp_path: Path) -> None:
    draw(tmp_path, LAYOUTS[0])
    score = measure(tmp_path, NullEngine(), "ignore", Settings(_env_file=None))
    assert score.found == 0 < score.printed
    assert len(score.missing) == score.printed


def test_numbers_are_found_in_every_notation() -> None:
    assert {Decimal("1234.56"), Decimal("19"), Decimal("120000")} <= amounts("1.234,56 € zu 19% von 120 000,00")
    assert {Decimal("1234.5"), Decimal("7")} <= amounts("USD 1,234.50 at 7.00 %")
