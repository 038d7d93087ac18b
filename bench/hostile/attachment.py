"""PDFs whose page is good and whose attached invoice is not: each tries to hang, crash or fill who reads its XML."""

import zlib
from collections.abc import Iterator

from bench.hostile.pdf import CATALOG, PAGE, PAGES, bomb, document, stream

#: Bytes of XML, just below what is still parsed (workers/document/invoice_xml.py).
ALMOST = (4 << 20) - 1000
NAMES = b"/Names<</EmbeddedFiles %b>>"
FILE = b"<</Type/Filespec/F(factur-x.xml)/UF(factur-x.xml)/EF<</F %d 0 R>>>>"


def bad_attachments() -> Iterator[tuple[str, bytes]]:
    """Make them, by name."""
    for name, xml in _texts():
        yield f"attachment-{name}", _carrying(stream(zlib.compress(xml), b"/Filter/FlateDecode"))
    yield "attachment-1-gib", _carrying(stream(bomb(1 << 30), b"/Filter/FlateDecode"))
    twice = stream(bomb(1 << 30, layers=2), b"/Filter[/FlateDecode/FlateDecode]")
    yield "attachment-twice", _carrying(twice)
    yield "attachment-in-itself", _carrying(FILE % 5)
    circle = CATALOG[:-2] + NAMES % b"5 0 R" + b">>"
    yield "attachments-in-a-circle", document(circle, PAGES, _page(), stream(b""), b"<</Kids[5 0 R 5 0 R]>>")
    many = b"<</Names[%b]>>" % (b"(factur-x.xml) 5 0 R " * 100_000)
    xml = stream(b"<i/>")
    yield (
        "attachments-100000",
        document(CATALOG[:-2] + NAMES % many + b">>", PAGES, _page(), stream(b""), FILE % 6, xml),
    )


def _texts() -> Iterator[tuple[str, bytes]]:
    grown = b"".join(b'<!ENTITY a%d "%b">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    yield "laughs", b'<!DOCTYPE i [<!ENTITY a0 "ha">%b]><i>&a9;</i>' % grown
    yield "one-long-entity", b'<!DOCTYPE i [<!ENTITY a "%b">]><i>%b</i>' % (b"a" * 1_000_000, b"&a;" * 900_000)
    yield "machine-file", b'<!DOCTYPE i [<!ENTITY x SYSTEM "file:///etc/passwd">]><i>&x;</i>'
    depth = ALMOST // 7
    yield "deep", b"<a>" * depth + b"</a>" * depth
    yield "attributes", b"<a %b/>" % b" ".join(b'a%d=""' % number for number in range(ALMOST // 12))
    yield "one-name", b"<%b/>" % (b"a" * ALMOST)
    yield "utf-16", b'<?xml version="1.0" encoding="utf-16"?>' + b"<\0" * 500_000


def _carrying(file: bytes) -> bytes:
    names = b"<</Names[(factur-x.xml) 6 0 R]>>"
    return document(CATALOG[:-2] + NAMES % names + b">>", PAGES, _page(), stream(b""), file, FILE % 5)


def _page() -> bytes:
    return PAGE % (b"", b"")
