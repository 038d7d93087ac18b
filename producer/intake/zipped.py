"""The members of a zip file."""

import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import FileIO

from pydantic import SecretStr

from jobs.foreign import OFFICE
from producer.intake.archive import (
    BLOCK_BYTES,
    DAMAGE,
    UNPACK_IT,
    BadArchive,
    BadMember,
    Member,
    Meter,
    Stream,
    readable,
    unreadable,
)

#: Other files that are zip files within: Office, OpenDocument and e-books, programs.
_FOREIGN = frozenset({"[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF"})
#: The directory of 100,000 members with names of 200 bytes. `zipfile` reads it whole.
_MOST_DIRECTORY_BYTES = 25 << 20
#: The others' unpackers take no bound on what they give at once.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_AES = 99  # stands for the way of packing
_NAME_AT = 30  # in a member's header
_UTF8 = 0x800


class _File(FileIO):
    def read(self, size: int | None = -1, /) -> bytes:
        """Read no more than a directory of bearable length."""
        if size is not None and size > _MOST_DIRECTORY_BYTES:
            raise BadArchive(f"its directory is too long: {UNPACK_IT}")
        return super().read(size) or b""


def zip_members(descriptor: int, meter: Meter, passwords: Sequence[SecretStr] = ()) -> Iterator[Member]:
    """Give the files of an open zip file in its own order; encrypted ones where one of the passwords opens them.

    Raises:
        BadArchive: it is damaged, of another kind, or too large.
    """
    with _open(_File(descriptor, closefd=False)) as archive:
        if _FOREIGN.intersection(archive.namelist()):
            raise BadArchive(OFFICE, fault=False)
        for info in archive.infolist():
            meter.add_member()
            if not info.is_dir():
                yield from _member(archive, info, meter, passwords)


def is_foreign(head: bytes) -> bool:
    """Tell an Office document or its like by its first bytes: what makes it one comes first in it."""
    return head[_NAME_AT:].startswith(tuple(name.encode() for name in _FOREIGN))


def _open(file: _File) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except DAMAGE:
        raise BadArchive("a damaged or cut-off zip file") from None


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter, passwords: Sequence[SecretStr]
) -> Iterator[Member]:
    name, key = _name(info), None
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        yield from unreadable(name, "a link or a device, no file", fault=False)
    elif info.flag_bits & _ENCRYPTED and not (key := _find_key(archive, info, meter, passwords)):
        yield from unreadable(name, _why_closed(info, len(passwords)))
    elif info.compress_type not in _METHODS:
        yield from unreadable(name, f"packed in a rare way: {UNPACK_IT}")
    else:
        yield from _open_member(archive, info, name, meter, key)


def _find_key(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter, passwords: Sequence[SecretStr]
) -> bytes | None:
    """The password that opens a member. The format tells one wrong one in 256 by its content only."""
    likely = []
    for password in passwords:
        key = password.get_secret_value().encode()
        with suppress(*DAMAGE), archive.open(info, pwd=key):
            likely.append(key)
    if len(likely) < 2:
        return likely[0] if likely else None
    return next((key for key in likely if _is_whole(archive, info, meter, key)), None)


def _is_whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: Meter, key: bytes) -> bool:
    with archive.open(info, pwd=key) as file, suppress(BadMember):
        stream = Stream(file, meter, BadMember)
        while stream.read(BLOCK_BYTES):
            pass
        return True
    return False


def _why_closed(info: zipfile.ZipInfo, tried: int) -> str:
    if info.compress_type == _AES:
        return "encrypted with AES, which ocrfleet does not open: unpack the archive and submit the folder"
    if tried:
        return f"encrypted, and none of the {tried} passwords opens it"
    return "encrypted: give its password by --password-file, or unpack the archive and submit the folder"


def _open_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, meter: Meter, key: bytes | None
) -> Iterator[Member]:
    try:
        file = archive.open(info, pwd=key)
    except DAMAGE:
        yield from unreadable(name, "damaged: the archive's directory does not fit it")
        return
    with file:
        yield from readable(name, Stream(file, meter, BadMember))


def _name(info: zipfile.ZipInfo) -> str:
    """Undo the zip format's old code page where the name is UTF-8 without saying so, as macOS writes it."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
