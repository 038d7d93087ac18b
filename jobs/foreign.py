"""Says what a file is that ocrfleet does not read, and what makes a document of it."""

import re

from jobs.media import sniff_archive

_EMPTY = "empty (0 bytes)"
OFFICE = "an Office document, e-book or program, no archive of documents: print it to PDF"
_ARCHIVE = "an archive, or packed: unpack it, or have its documents taken out by ocrfleet submit"
_NEITHER = "neither PDF nor an image that ocrfleet reads"

#: By how a file begins. Two header fields of a mail, of which one is a mail's alone.
_KINDS = (
    (rb"....ftyp(hei[cfmsx]|hev[cx]|mif1|msf1|avif)", "a HEIC or AVIF photo: save it as JPEG"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL image: save it as JPEG or PNG"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Outlook message or an Office document: save what it holds as PDF"),
    (rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|mimetype|META-INF/MANIFEST\.MF)", OFFICE),
    (rb"\{\\rtf", "a text document (RTF): print it to PDF"),
    (rb"%!PS", "a PostScript file: convert it to PDF"),
    (rb"AT&TFORM", "a DjVu file: convert it to PDF"),
    (rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", "a web page: print it to PDF"),
    (
        rb"(?:\xef\xbb\xbf)?\s*<.*(?:CrossIndustryInvoice|oasis:names:specification:ubl:schema:xsd:(?:Invoice|CreditNote))",
        "an invoice in XML, which is exact as it is and needs no OCR",
    ),
    (
        rb"(?:From [^\n]*\n)?(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?"
        rb"(?:received|return-path|mime-version|message-id|delivered-to):",
        "an e-mail: save its attachments and submit those",
    ),
)
_PATTERNS = [(re.compile(pattern, re.DOTALL | re.IGNORECASE), kind) for pattern, kind in _KINDS]


def foreign(head: bytes) -> str:
    """Say it of a file by its first `jobs.media.HEAD_BYTES`."""
    otherwise = _ARCHIVE if sniff_archive(head) else _NEITHER if head else _EMPTY
    return next((kind for pattern, kind in _PATTERNS if pattern.match(head)), otherwise)
