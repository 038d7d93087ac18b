import tarfile
from io import BytesIO

import pytest
from PIL import Image

from jobs.media import HEAD_BYTES, MEDIA_TYPES, PDF, sniff, sniff_archive


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("JPEG2000", "image/jp2"),
    ],
)
def test_each_image_format_is_told_by_its_first_bytes(format: str, media_type: str) -> None:
    file = BytesIO()
    Image.new("RGB", (40, 30), "white").save(file, format)
    assert sniff(file.getvalue()[:HEAD_BYTES]) == media_type
    assert media_type in MEDIA_TYPES


def test_a_big_endian_tiff_and_a_bigtiff_are_tiffs() -> None:
    assert sniff(b"MM\x00*rest") == "image/tiff"
    assert sniff(b"II+\x00rest") == "image/tiff"


def test_a_pdf_is_told_even_behind_bytes_that_a_mail_gateway_wrote() -> None:
    assert sniff(b"%PDF-1.7\n") == PDF
    assert sniff(b"X-Header: yes\r\n\r\n%PDF-1.4\n") == PDF


def test_an_archive_is_no_pdf_though_it_holds_one_as_it_is() -> None:
    assert sniff(b"PK\x03\x04 a.pdf %PDF-1.7") is None
    assert sniff_archive(b"PK\x03\x04 a.pdf %PDF-1.7") == "zip"


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("old", [False, True])
def test_a_tar_file_of_any_age_is_told_by_its_checksum_though_a_pdf_begins_in_it(format: int, old: bool) -> None:
    header = bytearray(tarfile.TarInfo("a.pdf").tobuf(format))
    if old:  # as before POSIX: no mark at all
        header[257:265], header[148:156] = bytes(8), b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
    assert sniff_archive(bytes(header) + b"%PDF-1.7") == "tar"
    assert sniff(bytes(header) + b"%PDF-1.7") is None
    header[3] ^= 1
    assert sniff_archive(bytes(header)) is None


@pytest.mark.parametrize(
    "head",
    [b"", b"BM is how this letter begins, dear reader", b"PK\x03\x04", b"\x89PNG", b"RIFF\0\0\0\0WAVE", b"<html>"],
)
def test_foreign_bytes_are_of_no_type(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize("length", range(0, 20))
def test_a_head_of_any_length_can_be_sniffed(length: int) -> None:
    assert sniff(b"BM" + bytes(length)) in (None, "image/bmp")
