"""The XML inside a PDF is read for its figures, within bounds, and follows nothing that it names."""

import tracemalloc
import zlib

import pytest

from jobs.media import PDF
from jobs.result import Statement
from tests.layered_pdf import invoice_ubl, invoice_xml, pdf, with_file, write
from workers.document import invoice_xml as reader
from workers.document.bounds import Bounds
from workers.document.invoice_xml import read_statement
from workers.document.pages import open_document

BOUNDS = Bounds(max_pages=5, max_page_pixels=4_000_000, max_page_side=3_000)


def statement_of(data: bytes) -> Statement | None:
    with open_document(data, PDF, BOUNDS) as document:
        return document.statement()


@pytest.mark.parametrize("name", ["factur-x.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml"])
def test_the_invoice_is_found_by_the_name_of_its_standard(name: str) -> None:
    found = statement_of(with_file(pdf(write), name, invoice_xml()))
    assert found is not None
    assert found.source == name
    assert found.totals == {"net": "210.00", "tax": "39.90", "gross": "249.90", "due": "249.90"}
    assert {"40.0000", "3.0000", "120.00", "19.00"} <= set(found.amounts)
    assert found.dates == ("20261122",)
    assert {"RE-2026/4711", "DE88200800000970375700"} <= set(found.codes)


def test_an_xrechnung_in_ubl_states_the_same_in_the_currency_of_the_invoice() -> None:
    found = statement_of(with_file(pdf(write), "xrechnung.xml", invoice_ubl()))
    assert found is not None
    assert found.totals == {"net": "210.00", "tax": "39.90", "gross": "249.90", "due": "249.90"}
    assert {"40.0000", "3.0000", "120.00", "19.00"} <= set(found.amounts)
    assert found.dates == ("20261122",)
    assert found.codes == ("RE-2026/4711", "DE123456789", "DE88200800000970375700")


@pytest.mark.parametrize("name", ["order-x.xml", "notes.xml", "factur-x.xml.exe"])
def test_other_files_are_left_alone(name: str) -> None:
    assert statement_of(with_file(pdf(write), name, invoice_xml())) is None


def test_a_pdf_without_files_states_nothing() -> None:
    assert statement_of(pdf(write)) is None


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE i [<!ENTITY a "ha">'
    + b"".join(f'<!ENTITY a{n} "{f"&a{n - 1 if n > 1 else str()};" * 10}">'.encode() for n in range(1, 10))
    + b"]><i>&a9;</i>"
)
HOSTILE = {
    "entities that grow": BILLION_LAUGHS,
    "a file of the machine": b'<!DOCTYPE i [<!ENTITY x SYSTEM "file:///etc/passwd">]><i>&x;</i>',
    "an address": b'<!DOCTYPE i SYSTEM "http://127.0.0.1:9/x.dtd"><i/>',
    "a declaration alone": b"<!DOCTYPE i []><i/>",
    "cut off": invoice_xml()[:-40],
    "no xml": b"\x00\xff\xfe binary",
    "nothing": b"",
    "an unknown encoding": b'<?xml version="1.0" encoding="x-unheard"?><i/>',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_not_safe_to_read_is_not_read_and_says_so(content: bytes) -> None:
    found = read_statement("factur-x.xml", content)
    assert found.unreadable
    assert (found.totals, found.amounts, found.codes) == ({}, (), ())


def test_an_xml_that_is_no_invoice_says_so() -> None:
    assert "no invoice" in read_statement("factur-x.xml", b"<order/>").unreadable


def test_a_large_xml_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_BYTES", 100)
    assert "larger" in read_statement("factur-x.xml", invoice_xml()).unreadable


def test_an_attachment_that_unpacks_to_many_times_the_bound_is_not_taken_over() -> None:
    bomb = carrying(zlib.compress(b" " * (8 * reader.MAX_BYTES), 9))
    tracemalloc.start()
    found = statement_of(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is not None
    assert "larger" in found.unreadable
    assert peak < 8 << 20


def test_a_deflated_attachment_is_read() -> None:
    found = statement_of(carrying(zlib.compress(invoice_xml())))
    assert found is not None
    assert found.totals["gross"] == "249.90"


def carrying(deflated: bytes) -> bytes:
    """A PDF by hand whose one attachment is deflated; PDFium finds the objects without a table of them."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(factur-x.xml) 4 0 R]>>>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>",
        b"<</Type/Filespec/F(factur-x.xml)/UF(factur-x.xml)/EF<</F 5 0 R>>>>",
        b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(deflated), deflated),
    )
    body = b"".join(b"%d 0 obj%s\nendobj\n" % numbered for numbered in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"
