"""What is told of files that ocrfleet does not read."""

import email.message
import email.policy
import zipfile
from io import BytesIO

import pytest

from jobs.foreign import foreign
from jobs.media import HEAD_BYTES, sniff, sniff_archive


def mail(**fields: str) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please find our invoice attached.")
    message.add_attachment(b"%PDF-1.7\n", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("head", "mend"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "save it as JPEG"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "save it as JPEG"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "save it as JPEG"),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "save what it holds as PDF"),
        (mail(From="a@example.org", Subject="Rechnung"), "save its attachments"),
        (b"Return-Path: <a@example.org>\r\nReceived: from mx\r\n\tby mail\r\n", "save its attachments"),
        (b"From a@example.org Mon Nov 23\nReceived: from mx\n", "save its attachments"),
        (b"{\\rtf1\\ansi", "print it to PDF"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "print it to PDF"),
        (b"%!PS-Adobe-3.0", "convert it to PDF"),
        (b"AT&TFORM", "convert it to PDF"),
        (b'<?xml version="1.0"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="x">', "needs no OCR"),
        (b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">', "needs no OCR"),
    ],
)
def test_a_file_that_may_hold_an_invoice_says_what_makes_a_document_of_it(head: bytes, mend: str) -> None:
    assert sniff(head[:HEAD_BYTES]) is None
    assert sniff_archive(head[:HEAD_BYTES]) is None
    assert mend in foreign(head[:HEAD_BYTES])


@pytest.mark.parametrize(
    "head", [b"no invoice", b"\x00" * 99, b"Note: a\nb\nReceived: c\n", b"<?xml version='1.0'?><a/>"]
)
def test_of_any_other_file_only_that_it_is_not_read(head: bytes) -> None:
    assert foreign(head) == "neither PDF nor an image that ocrfleet reads"


def test_what_is_packed_or_empty_is_told_as_such() -> None:
    packed, office = BytesIO(), BytesIO()
    for file, name in ((packed, "a.pdf"), (office, "[Content_Types].xml")):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(name, "x")
    assert "unpack it" in foreign(packed.getvalue())
    assert "print it to PDF" in foreign(office.getvalue())
    assert "empty" in foreign(b"")
