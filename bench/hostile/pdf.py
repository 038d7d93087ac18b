"""PDFs that nobody's scanner writes: each tries to hang, crash or fill whoever draws it."""

import zlib
from collections.abc import Iterator
from io import BytesIO

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<%b>>%b>>"


def document(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Write a PDF of these objects, the first the catalog, with a cross-reference table that is true."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(
        out + b"trailer<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    )


def one_page(content: bytes, *more: bytes, resources: bytes = b"", page: bytes = b"") -> bytes:
    """A document of one page; further objects are numbered from 5."""
    return document(CATALOG, PAGES, PAGE % (resources, page), stream(content), *more)


def boxed(box: bytes) -> bytes:
    """A document of one page of this size."""
    return document(CATALOG, PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[%b]>>" % box)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(data), entries, data)


def form(content: bytes, resources: bytes = b"") -> bytes:
    """A form that may draw other forms."""
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources<<%b>>" % resources
    return stream(content, entries)


def bomb(size_bytes: int, layers: int = 1) -> bytes:
    """Zeros, whole MiB of them, under layers of Flate: a thousandth of the size for each."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # knows nothing of the one before it
    count = size_bytes >> 20
    checksum = ((count << 20) % 65_521 << 16) | 1  # Adler-32 of so many zeros
    packed = b"\x78\xda" + block * count + b"\x03\x00" + checksum.to_bytes(4, "big")
    for _ in range(layers - 1):
        packed = zlib.compress(packed, 9)
    return packed


def image(width_px: int, height_px: int, data: bytes, filters: bytes, more: bytes = b"") -> bytes:
    """An image object."""
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray" % (
        width_px,
        height_px,
    )
    return stream(data, entries + b"/Filter%b%b" % (filters, more))


def drawn(picture: bytes) -> bytes:
    """A document of one page that an image fills."""
    return one_page(b"q 200 0 0 100 0 0 cm /I Do Q", picture, resources=b"/XObject<</I 5 0 R>>")


def bad_pdfs() -> Iterator[tuple[str, bytes]]:
    """All of them, by name."""
    yield from _trees()
    yield from _recursions()
    yield from _sizes()
    yield from _bombs()
    yield from _actions()
    yield from _broken()


def _trees() -> Iterator[tuple[str, bytes]]:
    yield "no-pages", document(CATALOG, b"<</Type/Pages/Kids[]/Count 0>>")
    yield "pages-in-itself", document(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>")
    yield (
        "pages-in-a-circle",
        document(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Pages/Kids[2 0 R]/Count 1/Parent 2 0 R>>"),
    )
    yield (
        "count-lies",
        document(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1000000000>>", PAGE % (b"", b""), stream(b"")),
    )
    yield "count-below-zero", document(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count -5>>", PAGE % (b"", b""), stream(b""))
    kids = b" ".join([b"3 0 R"] * 200_000)
    yield "one-page-200000-times", document(CATALOG, b"<</Type/Pages/Kids[%b]/Count 200000>>" % kids, PAGE % (b"", b""))
    nest = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % number for number in range(3, 3002)]
    yield "pages-3000-levels-deep", document(CATALOG, *nest, b"<</Type/Page/MediaBox[0 0 9 9]>>")
    many = b" ".join(b"%d 0 R" % number for number in range(3, 20_003))
    leaves = [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * 20_000
    yield "20000-pages", document(CATALOG, b"<</Type/Pages/Kids[%b]/Count 20000>>" % many, *leaves)


def _recursions() -> Iterator[tuple[str, bytes]]:
    itself = b"/XObject<</F 5 0 R>>"
    yield "form-in-itself", one_page(b"/F Do", form(b"/F Do /F Do", itself), resources=itself)
    pair = (form(b"/G Do", b"/XObject<</G 6 0 R>>"), form(b"/F Do", itself))
    yield "forms-in-each-other", one_page(b"/F Do", *pair, resources=itself)
    laughs = [form(b"/F Do " * 10, b"/XObject<</F %d 0 R>>" % (number + 1)) for number in range(5, 16)]
    yield "billion-laughs", one_page(b"/F Do", *laughs, form(b"0 0 9 9 re f"), resources=itself)
    deep = [form(b"/F Do", b"/XObject<</F %d 0 R>>" % (number + 1)) for number in range(5, 2005)]
    yield "forms-2000-deep", one_page(b"/F Do", *deep, form(b"0 0 9 9 re f"), resources=itself)
    tile = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep %b/YStep %b/Resources<<%b>>"
    fill, pattern = b"/Pattern cs /P scn 0 0 200 100 re f", b"/Pattern<</P 5 0 R>>"
    yield "pattern-in-itself", one_page(fill, stream(fill, tile % (b"9", b"9", pattern)), resources=pattern)
    tiny = stream(b"0 0 9 9 re f", tile % (b"0.00001", b"0.00001", b""))
    yield "pattern-of-tiny-steps", one_page(fill, tiny, resources=pattern)
    glyphs = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 65/Widths[9]"
    glyphs += b"/CharProcs<</A 6 0 R>>/Encoding<</Differences[65/A]>>/Resources<</Font<</T 5 0 R>>>>>>"
    shown = b"BT /T 9 Tf (AAAA) Tj ET"
    yield "glyph-in-itself", one_page(shown, glyphs, stream(b"9 0 d0 " + shown), resources=b"/Font<</T 5 0 R>>")
    mask = b"/ExtGState<</M<</SMask<</S/Luminosity/G 5 0 R>>>>>>"
    yield "mask-in-itself", one_page(b"/M gs 0 0 9 9 re f", form(b"/M gs 0 0 9 9 re f", mask), resources=mask)
    yield "contents-in-itself", document(CATALOG, PAGES, PAGE % (b"", b""), b"[4 0 R 4 0 R]")
    yield (
        "length-of-itself",
        document(CATALOG, PAGES, PAGE % (b"", b""), b"<</Length 4 0 R>>stream\n0 0 9 9 re f\nendstream"),
    )
    fields = b"/AcroForm<</Fields[5 0 R]>>"
    field = b"<</FT/Tx/T(x)/Kids[5 0 R]/Parent 5 0 R/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R>>"
    catalog = CATALOG[:-2] + fields + b">>"
    yield "field-in-itself", document(catalog, PAGES, PAGE % (b"", b"/Annots[5 0 R]"), stream(b""), field)


def _sizes() -> Iterator[tuple[str, bytes]]:
    for name, box in {
        "huge": b"0 0 1000000000 1000000000",
        "endless": b"0 0 1e38 1e38",
        "empty": b"0 0 0 0",
        "reversed": b"200 100 0 0",
        "below-zero": b"-9e9 -9e9 -8e9 -8e9",
        "a-hair": b"0 0 14400 0.001",
        "words": b"/a /b /c /d",
        "short": b"0 0",
    }.items():
        yield f"box-{name}", boxed(box)
    yield "user-unit", document(CATALOG, PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/UserUnit 75000>>")
    yield "turned-by-45", document(CATALOG, PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Rotate 45>>")
    yield "a-million-paths", one_page(b"0 0 m 9 9 l S " * 1_000_000)
    yield "a-million-states", one_page(b"q " * 1_000_000)
    yield (
        "a-million-texts",
        one_page(
            b"BT /T 9 Tf (AAAA) Tj ET " * 300_000,
            resources=b"/Font<</T<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>",
        ),
    )
    yield "deep-arrays", one_page(b"[" * 500_000 + b"]" * 500_000 + b" TJ")
    yield "deep-object", document(CATALOG, PAGES, PAGE % (b"", b""), b"[" * 200_000 + b"]" * 200_000)
    yield "line-width", one_page(b"1e30 w [1e-9 1e-9] 0 d 0 0 m 1e9 1e9 l S")


def _bombs() -> Iterator[tuple[str, bytes]]:
    yield "flate-1-gib", document(CATALOG, PAGES, PAGE % (b"", b""), stream(bomb(1 << 30), b"/Filter/FlateDecode"))
    twice = stream(bomb(1 << 30, layers=2), b"/Filter[/FlateDecode/FlateDecode]")
    yield "flate-twice", document(CATALOG, PAGES, PAGE % (b"", b""), twice)
    filters = b"/Filter[%b]" % b" ".join([b"/ASCIIHexDecode"] * 5000)
    yield "5000-filters", document(CATALOG, PAGES, PAGE % (b"", b""), stream(b"00>", filters))
    runs = stream(b"\x81\x00" * 4_000_000, b"/Filter/RunLengthDecode")
    yield "run-lengths", document(CATALOG, PAGES, PAGE % (b"", b""), runs)
    for name, filters, parameters in (
        ("flate", b"/FlateDecode", b""),
        ("ccitt", b"/CCITTFaxDecode", b"/DecodeParms<</K -1/Columns 100000/Rows 100000>>"),
        ("jbig2", b"/JBIG2Decode", b""),
        ("lzw", b"/LZWDecode", b""),
        ("jpx", b"/JPXDecode", b""),
        ("dct", b"/DCTDecode", b""),
    ):
        yield f"image-{name}-100000", drawn(image(100_000, 100_000, bomb(1 << 24), filters, parameters))
    yield "image-30000", drawn(image(30_000, 30_000, bomb(30_000 * 3750), b"/FlateDecode"))
    yield "image-2-31", drawn(image(2**31 - 1, 2**31 - 1, b"\0" * 99, b"/FlateDecode"))
    white = b"\x00\x00\x00\x00\x30\x00\x01\x00\x00\x00\x13" + b"\x7f\xff\xff\xff" * 2 + b"\0" * 8 + b"\0\0\0"
    yield "jbig2-page-2-31", drawn(image(9, 9, white, b"/JBIG2Decode"))
    predictor = b"/DecodeParms<</Predictor 15/Columns 2147483647/Colors 32/BitsPerComponent 16>>"
    yield "predictor", drawn(image(9, 9, bomb(1 << 20), b"/FlateDecode", predictor))


def _actions() -> Iterator[tuple[str, bytes]]:
    for name, action in {
        "javascript": b"<</S/JavaScript/JS(while\\(1\\);app.launchURL\\('http://127.0.0.1:9/'\\))>>",
        "launch": b"<</S/Launch/F(/bin/sh)/Win<</F(calc.exe)>>>>",
        "remote": b"<</S/GoToR/F(file:///etc/passwd)/D[0/Fit]>>",
        "submit": b"<</S/SubmitForm/F<</FS/URL/F(http://127.0.0.1:9/)>>>>",
        "url": b"<</S/URI/URI(file:///etc/passwd)>>",
    }.items():
        catalog = CATALOG[:-2] + b"/OpenAction%b>>" % action
        yield f"action-{name}", document(catalog, PAGES, PAGE % (b"", b"/AA<</O%b>>" % action), stream(b""))
    external = b"<</Length 0/F<</FS/URL/F(file:///etc/passwd)>>/FFilter/FlateDecode>>stream\n\nendstream"
    yield "external-stream", document(CATALOG, PAGES, PAGE % (b"", b""), external)
    yield (
        "external-image",
        drawn(b"<</Type/XObject/Subtype/Image/Width 9/Height 9/Length 0/F(/etc/passwd)>>stream\n\nendstream"),
    )
    xfa = CATALOG[:-2] + b"/AcroForm<</XFA 5 0 R/Fields[]>>>>"
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">&e;</xdp:xdp>'
    yield "xfa", document(xfa, PAGES, PAGE % (b"", b""), stream(b""), stream(entity))


def _broken() -> Iterator[tuple[str, bytes]]:
    good = one_page(b"0 0 9 9 re f")
    yield "encrypted", _encrypted()
    yield (
        "encrypted-strangely",
        document(
            CATALOG,
            PAGES,
            PAGE % (b"", b""),
            stream(b""),
            b"<</Filter/Own/V 99>>",
            trailer=b"/Encrypt 5 0 R/ID[<00><00>]",
        ),
    )
    yield "header-only", b"%PDF-1.7\n"
    yield "header-and-zeros", b"%PDF-1.7\n" + bytes(100_000)
    yield "half", good[: len(good) // 2]
    yield "no-table", good[: good.index(b"xref")]
    yield "wrong-table", good.replace(b"0000000009", b"9999999999")
    yield "table-in-itself", good.replace(b"/Root", b"/Prev %d/Root" % good.index(b"xref"))
    yield "root-in-itself", b"%PDF-1.7\n1 0 obj 1 0 R endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    yield "objects-in-itself", document(CATALOG, stream(b"2 0 2 0", b"/Type/ObjStm/N 1/First 4/Extends 2 0 R"), PAGES)
    yield "table-of-2-31", good.replace(b"xref\n0 5", b"xref\n0 2147483647")


def _encrypted() -> bytes:
    file = BytesIO()
    canvas = Canvas(file, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.showPage()
    canvas.save()
    return file.getvalue()
