"""Tells a document's type by its first bytes, never by its name. Light: the producer uses it too."""

import tarfile

#: How many bytes from the start of a file `sniff` wants.
HEAD_BYTES = 1024

PDF = "application/pdf"

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"II+\x00": "image/tiff",  # BigTIFF
    b"MM\x00+": "image/tiff",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n": "image/jp2",
    b"\xff\x4f\xff\x51": "image/jp2",  # a bare JPEG 2000 codestream
}
# Two letters are too few to tell a bitmap from prose: its header's size must be one of those that exist.
_BMP_HEADER_BYTES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

# 7z, rar and Zstandard are known by name only, so that a refusal can say what they are.
_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # one without members
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_TAR_HEADER_BYTES = 512

#: Every type that ocrfleet reads.
MEDIA_TYPES: frozenset[str] = frozenset({*_MAGIC.values(), "image/bmp", "image/webp", PDF})


def sniff(head: bytes) -> str | None:
    """Tell the media type of a file from its first `HEAD_BYTES`, or None where we don't read such files."""
    for magic, media_type in _MAGIC.items():
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return "image/bmp"
    # PDF readers accept bytes before the header: mail gateways write some. An archive may hold a PDF as it is.
    return PDF if b"%PDF-" in head[:HEAD_BYTES] and not sniff_archive(head) else None


def sniff_archive(head: bytes) -> str | None:
    """Tell the kind of an archive, or of a packed file that may hold one, from its first `HEAD_BYTES`."""
    if _is_tar(head):
        return "tar"
    return next((kind for magic, kind in _ARCHIVES.items() if head.startswith(magic)), None)


def _is_tar(head: bytes) -> bool:
    """By the checksum of its first header: the oldest tar files have no other mark, and a PDF in one may begin here."""
    try:
        tarfile.TarInfo.frombuf(head[:_TAR_HEADER_BYTES], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True
