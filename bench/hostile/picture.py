"""Image files whose headers promise more than anybody has memory or time for."""

import struct
import zlib
from collections.abc import Iterator

from bench.hostile.good import encode, page
from bench.hostile.pdf import bomb

PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG, with its true checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width_px: int, height_px: int, *chunks: bytes, bits: int = 1, colours: int = 0) -> bytes:
    """A PNG of these chunks."""
    header = struct.pack(">IIBBBBB", width_px, height_px, bits, colours, 0, 0, 0)
    return PNG + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def tiff(entries: dict[int, tuple[int, int, int]], data: bytes = b"", next_at: int = 0) -> bytes:
    """A little-endian TIFF of one directory: tag to type, count, value. `data` follows it, at 10 + 12 n + 4."""
    directory = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(entries.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", next_at) + data


def picture_entries(
    width_px: int, height_px: int, compression: int = 1, more: dict[int, tuple[int, int, int]] | None = None
) -> dict[int, tuple[int, int, int]]:
    """The entries of a black-and-white page in one strip."""
    return {
        256: (4, 1, width_px),
        257: (4, 1, height_px),
        258: (3, 1, 1),
        259: (3, 1, compression),
        262: (3, 1, 0),
        273: (4, 1, 8),
        278: (4, 1, height_px),
        279: (4, 1, 100),
        **(more or {}),
    }


def bad_pictures() -> Iterator[tuple[str, bytes]]:
    """All of them, by name."""
    yield from _pngs()
    yield from _tiffs()
    yield from _gifs()
    yield from _others()
    yield from _wrong_types()


def _pngs() -> Iterator[tuple[str, bytes]]:
    data = chunk(b"IDAT", bomb(1 << 24))
    for side_px in (2**31 - 1, 100_000, 20_000):
        yield f"side-{side_px}.png", png(side_px, side_px, data)
    yield "a-hair.png", png(16_000, 1, chunk(b"IDAT", zlib.compress(bytes(2001))))
    yield "a-dot.png", png(1, 1, chunk(b"IDAT", zlib.compress(bytes(2))))
    yield "nothing.png", png(0, 0, data)
    yield "at-the-bound.png", png(7700, 7700, chunk(b"IDAT", bomb(60 << 20)), bits=8)
    yield "deep.png", png(5000, 5000, chunk(b"IDAT", bomb(1 << 28)), bits=16, colours=6)
    text = chunk(b"zTXt", b"k\0\0" + bomb(1 << 30))
    yield "text-bomb.png", png(9, 9, text, chunk(b"IDAT", zlib.compress(bytes(27))))
    profile = chunk(b"iCCP", b"k\0\0" + bomb(1 << 30))
    yield "profile-bomb.png", png(9, 9, profile, chunk(b"IDAT", zlib.compress(bytes(27))))
    yield "300000-chunks.png", png(9, 9, *[chunk(b"tEXt", b"k\0v")] * 300_000, chunk(b"IDAT", zlib.compress(bytes(27))))
    yield "palette-of-none.png", png(9, 9, chunk(b"IDAT", zlib.compress(bytes(99))), bits=8, colours=3)


def _tiffs() -> Iterator[tuple[str, bytes]]:
    yield "loop.tif", tiff(picture_entries(9, 9), bytes(200), next_at=8)
    yield "side-2-32.tif", tiff(picture_entries(2**32 - 1, 2**32 - 1))
    yield "side-100000.tif", tiff(picture_entries(100_000, 100_000, compression=4), bytes(200))
    yield "at-the-bound.tif", tiff(picture_entries(7700, 7700, compression=4), bytes(200))
    yield "fax-of-zeros.tif", tiff(picture_entries(16_000, 3_000, compression=3), bytes(200))
    yield "strip-2-32.tif", tiff(picture_entries(99, 99, more={279: (4, 1, 2**32 - 1)}))
    yield "million-strips.tif", tiff(picture_entries(99, 99, more={273: (4, 10**6, 8), 279: (4, 10**6, 8)}), bytes(99))
    yield "65535-samples.tif", tiff(picture_entries(99, 99, more={277: (3, 1, 65535), 258: (3, 65535, 8)}), bytes(99))
    yield (
        "tiles-2-31.tif",
        tiff(picture_entries(99, 99, more={322: (4, 1, 2**31 - 1), 323: (4, 1, 2**31 - 1), 324: (4, 1, 8)})),
    )
    yield "count-2-32.tif", tiff(picture_entries(99, 99, more={270: (2, 2**32 - 1, 8)}))
    yield "unknown-compression.tif", tiff(picture_entries(99, 99, compression=64_999), bytes(200))
    yield "jpeg-of-zeros.tif", tiff(picture_entries(99, 99, compression=7), bytes(200))
    yield "6000-frames.tif", _frames(6_000)
    yield "65535-entries.tif", b"II*\0" + struct.pack("<IH", 8, 65_535) + bytes(12 * 65_535)
    yield "big.tif", b"II+\0" + struct.pack("<HHQ", 8, 0, 2**63)


def _frames(count: int) -> bytes:
    """A TIFF of so many directories, all with the same 16 x 16 pixels."""
    directory = tiff(picture_entries(16, 16))[8:-4]
    length = len(directory) + 4
    starts = range(8, 8 + count * length, length)
    nexts = [*starts[1:], 0]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(directory + struct.pack("<I", at) for at in nexts) + bytes(200)


def _gifs() -> Iterator[tuple[str, bytes]]:
    head = b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 9, 9, 0) + b"\x02\x02\x4c\x01\x00"
    yield "200000-frames.gif", head + frame * 200_000 + b";"
    yield "endless-comment.gif", head + b"!\xfe" + (b"\xff" + bytes(255)) * 40_000
    wide = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + bytes(6)
    yield "screen-65535.gif", wide + frame + b";"
    yield "frame-65535.gif", head + b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x4c\x01\x00;"
    yield "frame-outside.gif", head + b"," + struct.pack("<HHHHB", 65_000, 65_000, 9, 9, 0) + b"\x02\x02\x4c\x01\x00;"


def _others() -> Iterator[tuple[str, bytes]]:
    good = encode(page(), "JPEG")
    at = good.index(b"\xff\xc0") + 5
    yield "side-65500.jpg", good[:at] + struct.pack(">HH", 65_500, 65_500) + good[at + 4 :]
    yield "side-7700.jpg", good[:at] + struct.pack(">HH", 7_700, 7_700) + good[at + 4 :]
    progressive = encode(page(), "JPEG", progressive=True)
    scan = progressive[progressive.index(b"\xff\xda") : progressive.rindex(b"\xff\xda")]
    tall = progressive.index(b"\xff\xc2") + 5
    big = progressive[:tall] + struct.pack(">HH", 7_000, 7_000) + progressive[tall + 4 :]
    yield "500-scans.jpg", big[: big.rindex(b"\xff\xda")] + scan * 500 + b"\xff\xd9"
    yield "16-mib-of-markers.jpg", b"\xff\xd8" + b"\xff\xfe\x00\x02" * (4 << 20)
    webp = encode(page(), "WEBP", lossless=True)
    bits = webp.index(b"VP8L") + 9
    yield "side-16384.webp", webp[:bits] + b"\xff\xff\xff\x0f" + webp[bits + 4 :]
    bmp = encode(page(), "BMP")
    for name, width_px, height_px in (("2-31", 2**31 - 1, 2**31 - 1), ("below-zero", -260, -160), ("nothing", 0, 0)):
        yield f"side-{name}.bmp", bmp[:18] + struct.pack("<ii", width_px, height_px) + bmp[26:]
    jp2 = encode(page(), "JPEG2000")
    size = jp2.index(b"\xff\x51") + 6
    yield "side-2-32.jp2", jp2[:size] + struct.pack(">II", 2**32 - 1, 2**32 - 1) + jp2[size + 8 :]
    yield "tiles-of-1.jp2", jp2[: size + 16] + struct.pack(">II", 1, 1) + jp2[size + 24 :]


def _wrong_types() -> Iterator[tuple[str, bytes]]:
    yield "empty.pdf", b""
    yield "one-byte.pdf", b"%"
    yield "text.pdf", b"This is no PDF."
    yield "page.html", b"<html><script>alert(1)</script></html>"
    yield "program.png", b"\x7fELF" + bytes(4096)
    yield "pdf-and-png.png", PNG + b"%PDF-1.7\n" + bytes(500)
    yield "png-in-pdf.pdf", b"%PDF-1.7\n" + encode(page(), "PNG")
    yield "jpeg-as.pdf", encode(page(), "JPEG")
    yield "svg.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    yield "postscript.pdf", b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file"
