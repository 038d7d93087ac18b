"""Looks into archives of documents: zip, and tar as it is or packed. Nothing in one can fill the memory or the disk.

An archive is read from front to back, a block at a time. What comes out is counted, and too much of it ends the
archive; the documents before that stand. What lies in an archive within an archive is not looked at.
"""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

#: Bounds of one archive. Over them, its owner can still unpack it and submit the folder.
MOST_MEMBERS = 100_000
MOST_UNPACKED_BYTES = 64 << 30
#: Invoices as PDF or JPEG pack to no less than a third, blank bitmaps to a hundredth. Small ones are let be.
MOST_RATIO = 200
RATIO_FROM_BYTES = 64 << 20
#: As long as a path of Linux.
MOST_NAME_BYTES = 4096
#: Members are read in blocks of this size, and no header may be longer.
BLOCK_BYTES = 1 << 20

UNPACK_IT = "unpack it and submit the folder"
#: What the unpackers raise on damaged input; tests/unit/test_archives.py damages archives of each kind.
DAMAGE = (
    *(OSError, EOFError, RuntimeError, ValueError),
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
)


class BadArchive(Exception):
    """Nothing more can be taken out of this archive. `fault`: the user meant it and something is wrong with it."""

    def __init__(self, message: str, *, fault: bool = True) -> None:
        super().__init__(message)
        self.fault = fault


class BadMember(Exception):
    """This member can't be taken out. The message says why."""


class Readable(Protocol):
    """What gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; none at the end."""
        ...


#: What an unreadable member holds.
NOTHING: Readable = BytesIO()


class Meter:
    """Counts what comes out of one archive of `packed_bytes`.

    Raises (both calls):
        BadArchive: it is too much.
    """

    def __init__(self, packed_bytes: int) -> None:
        self._most_bytes = min(MOST_UNPACKED_BYTES, max(RATIO_FROM_BYTES, MOST_RATIO * packed_bytes))
        self._bytes = self._members = 0

    def add_member(self) -> None:
        """Count a member."""
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise BadArchive(f"more than {MOST_MEMBERS:,} members: {UNPACK_IT}")

    def add_bytes(self, count: int) -> None:
        """Count bytes."""
        self._bytes += count
        if self._bytes > self._most_bytes:
            raise BadArchive(f"unpacks to more than {self._most_bytes >> 20:,} MiB, as a zip bomb does: {UNPACK_IT}")


class Stream:
    """Reads a file forward, counts what comes (with a meter), and names what is wrong with it by an error of ours."""

    def __init__(self, file: Readable, meter: Meter | None, error: type[BadArchive | BadMember]) -> None:
        self._file = file
        self._meter = meter
        self._error = error
        self._at = 0
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        """Read `size` bytes, one block at most; fewer at the end."""
        if not 0 <= size <= BLOCK_BYTES:
            raise self._error("damaged: a header of it is too long")
        try:
            self.last = self._fill(size)
        except DAMAGE:
            raise self._error("damaged or cut off") from None
        self._at += len(self.last)
        if self._meter:
            self._meter.add_bytes(len(self.last))
        return self.last

    def _fill(self, size: int) -> bytes:
        data = self._file.read(size)
        while len(data) < size and (more := self._file.read(size - len(data))):
            data += more
        return data

    def tell(self) -> int:
        """Say how far it has been read."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Read on up to `offset`, counted from the start, or to the end of the file."""
        if whence != 0 or offset < self._at:
            raise self._error("damaged: it points back")
        while self._at < offset and self.read(min(BLOCK_BYTES, offset - self._at)):
            pass
        return self._at


@dataclass(frozen=True)
class Member:
    """A file in an archive. It can be read until the next one is asked for; not where there is an `obstacle`."""

    name: str
    stream: Readable | None = None
    obstacle: str = ""
    fault: bool = True  # of the obstacle: the user meant this file


def clean_name(name: str) -> str:
    r"""Make a member's name a relative path of plain names: no root, no drive, no `..`, no `\`."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def is_hidden(name: str) -> bool:
    """Tell whether a member is passed over in silence, as hidden files of a folder are."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def readable(name: str, stream: Readable) -> Iterator[Member]:
    """Give a member that can be read, under its cleaned name; none where it is hidden or has no name."""
    cleaned = clean_name(name)
    if len(cleaned.encode(errors="surrogateescape")) > MOST_NAME_BYTES:
        yield Member(f"{cleaned[:60]}...", obstacle=f"its name is longer than {MOST_NAME_BYTES} bytes")
    elif cleaned and not is_hidden(cleaned):
        yield Member(cleaned, stream)


def unreadable(name: str, obstacle: str, *, fault: bool = True) -> Iterator[Member]:
    """Give a member that can't be read, so that it is named; none where it is hidden or has no name."""
    for member in readable(name, NOTHING):
        yield Member(member.name, obstacle=member.obstacle or obstacle, fault=fault)
