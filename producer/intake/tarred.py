"""The members of a tar file, as it is or packed by gzip, bzip2 or xz."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from typing import IO, cast

from producer.intake.archive import (
    BLOCK_BYTES,
    DAMAGE,
    BadArchive,
    Member,
    Meter,
    Readable,
    Stream,
    readable,
    unreadable,
)

#: `xz -9` asks for 65 MiB.
_MOST_XZ_BYTES = 128 << 20
_READ_BYTES = 64 << 10


def tar_members(file: IO[bytes], kind: str, meter: Meter) -> Iterator[Member]:
    """Give the files of an open tar file in its order. `kind` as `jobs.media.sniff_archive` tells it.

    Raises:
        BadArchive: it is damaged, no tar file, or too large.
    """
    stream = Stream(_unpacked(file, kind), meter, BadArchive)
    with _open(stream, kind) as archive:
        while info := _next(archive):
            meter.add_member()
            yield from _member(archive, info)
    _check_end(stream)


def _unpacked(file: IO[bytes], kind: str) -> Readable:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=file)
    if kind == "bzip2":
        return bz2.BZ2File(file)
    return _Xz(file) if kind == "xz" else file


def _open(stream: Stream, kind: str) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r:", errors="surrogateescape")
    except DAMAGE:
        raise BadArchive(f"{kind} without a tar file in it", fault=kind == "tar") from None


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
    try:
        return archive.next()
    except DAMAGE:
        raise BadArchive("damaged or cut off") from None


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[Member]:
    if info.isdir():
        return
    if not info.isreg() or info.issparse():
        yield from unreadable(info.name, "a link, a device or a sparse file", fault=False)
    elif file := archive.extractfile(info):
        yield from readable(info.name, Stream(file, None, BadArchive))  # counted as it was unpacked


def _check_end(stream: Stream) -> None:
    """A tar file ends with empty blocks, and what packed it with a checksum: else something is missing."""
    if stream.last.strip(b"\0") or not stream.last:
        raise BadArchive("damaged or cut off: its end is missing")
    while stream.read(BLOCK_BYTES):
        pass


class _Xz:
    """Unpacks xz within bounds: the standard library's own file takes as much memory as the header says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacker = lzma.LZMADecompressor(memlimit=_MOST_XZ_BYTES)

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes."""
        data = b""
        while not data and size:
            packed = self._file.read(_READ_BYTES) if self._unpacker.needs_input else b""
            if self._unpacker.eof:
                packed = self._unpacker.unused_data or self._file.read(_READ_BYTES)
                if not packed.strip(b"\0"):
                    return b""
                self._unpacker = lzma.LZMADecompressor(memlimit=_MOST_XZ_BYTES)
            elif self._unpacker.needs_input and not packed:
                raise EOFError
            data = self._unpacker.decompress(packed, size)
        return data
