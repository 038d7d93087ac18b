"""The sample invoices say what their truth says, and what they say adds up."""

from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from stdnum import iban
from stdnum.br import cnpj
from stdnum.eu import vat
from stdnum.gb import vat as gb_vat
from stdnum.pt import nif
from stdnum.us import ein

from samples.entry import invoice_of
from samples.generate import entries, write
from samples.identifier import account, tax_number
from samples.invoice import CENT
from samples.layout import open_layout
from samples.scan import WEAR
from samples.truth import truth

ENTRIES = entries()
SEEDS = range(4)
CHECKS = {"US": ein, "GB": gb_vat, "DE": vat, "FR": vat, "PT": nif, "BR": cnpj}


def drawn_up(entry, seed=2026):
    return invoice_of(entry, Random(f"{seed} {entry['file']}"))


def each(entry):
    return entry["file"]


def test_the_samples_cover_the_languages_currencies_layouts_and_formats():
    invoices = [drawn_up(entry) for entry in ENTRIES]
    assert len(ENTRIES) >= 14
    assert {invoice.country.language for invoice in invoices} == {"en", "de", "fr", "pt"}
    assert {invoice.country.currency for invoice in invoices} == {"USD", "GBP", "EUR", "BRL"}
    assert {entry["layout"] for entry in ENTRIES} >= {"classic", "minimal", "receipt", "letter", "utility", "hotel"}
    assert {Path(entry["file"]).suffix for entry in ENTRIES} == {".png", ".jpg", ".tif", ".tiff", ".pdf"}


@pytest.mark.parametrize("entry", ENTRIES, ids=each)
def test_the_truth_adds_up(entry):
    for seed in SEEDS:
        figures = truth(drawn_up(entry, seed), entry["layout"])
        lines, totals = figures["lines"], figures["totals"]
        for line in lines:
            exact = Decimal(line["quantity"]) * Decimal(line["price"])
            assert abs(exact - Decimal(line["amount"])) <= CENT / 2
        for tax in figures["taxes"]:
            exact = Decimal(tax["net"]) * Decimal(tax["rate"]) / 100
            assert abs(exact - Decimal(tax["tax"])) <= CENT / 2
        assert sum(Decimal(line["amount"]) for line in lines) == Decimal(totals["net"])
        assert sum(Decimal(tax["tax"]) for tax in figures["taxes"]) == Decimal(totals["tax"])
        assert Decimal(totals["net"]) + Decimal(totals["tax"]) == Decimal(totals["gross"])


@pytest.mark.parametrize("entry", ENTRIES, ids=each)
def test_every_figure_of_the_truth_is_printed(entry):
    for seed in SEEDS:
        invoice = drawn_up(entry, seed)
        _, text = open_layout(entry["layout"])(invoice).finish()
        figures = truth(invoice, entry["layout"])
        assert invoice.number in text
        for amount in figures["amounts"]:
            assert invoice.country.money(Decimal(amount)) in text
        for day in {invoice.issued, invoice.due, invoice.begin, invoice.end, *(item.day for item in invoice.items)}:
            assert (f"{day:%Y%m%d}" in figures["dates"]) == (invoice.country.date(day) in text)
        assert all(number in text for number in figures["vat_ids"])
        assert all(number in text.replace(" ", "") for number in figures["ibans"])


@pytest.mark.parametrize("country", CHECKS)
def test_identifiers_have_valid_check_digits(country):
    rng = Random(7)
    for _ in range(50):
        assert CHECKS[country].is_valid(tax_number(country, rng))
        number = account(country, rng)
        assert number is None or iban.is_valid(number)


def test_amounts_and_dates_follow_the_country():
    notation = {drawn_up(entry).country.code: drawn_up(entry).country for entry in ENTRIES}
    amounts = {code: country.money(Decimal("1234.56")) for code, country in notation.items()}
    assert amounts == {
        "US": "$1,234.56",
        "GB": "£1,234.56",
        "DE": "1.234,56 €",
        "FR": "1 234,56 €",
        "PT": "1.234,56 €",
        "BR": "R$ 1.234,56",
    }


@pytest.mark.parametrize("file", ["receipts/juniper-diner.jpg", "uebersetzungen-falkenried.tif", "estudio-ipe.pdf"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path, file):
    entry = next(entry for entry in ENTRIES if entry["file"] == file)
    first, again, other = (
        write(tmp_path / folder, entry, seed).path.read_bytes() for folder, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert first == again
    assert first != other


def test_every_wear_is_shown_and_every_layout_exists():
    assert {entry["wear"] for entry in ENTRIES} == set(WEAR)
    assert all(callable(open_layout(entry["layout"])) for entry in ENTRIES)
