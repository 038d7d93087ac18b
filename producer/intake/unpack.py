"""Takes the documents out of an archive, each as a document of its own: `archive.zip/folder/file.pdf`."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Self, cast

from pydantic import SecretStr

from jobs.contract import Source
from jobs.foreign import foreign
from jobs.media import HEAD_BYTES, sniff, sniff_archive
from producer.intake.archive import BLOCK_BYTES, UNPACK_IT, BadArchive, BadMember, Member, Meter, Readable
from producer.intake.found import Found
from producer.intake.tarred import tar_members
from producer.intake.walk import Candidate, Skip
from producer.intake.zipped import is_foreign, zip_members
from producer.naming import utf8

#: A member waits in memory until the store has it, a larger one in a temporary file that has no name.
SPOOL_BYTES = 1 << 20


def unpack(
    candidate: Candidate, file: IO[bytes], kind: str, max_file_bytes: int, passwords: Sequence[SecretStr]
) -> Iterator[Found | Skip]:
    """Identify the members of an open archive, one at a time, in its order. The passwords are for those of a zip file.

    What is wrong with a member costs that member, what is wrong with the archive the rest of it.
    """
    empty = True
    try:
        for member in _members(file, kind, passwords):
            empty = False
            yield _take(candidate, member, max_file_bytes)
    except BadArchive as error:
        yield Skip(candidate.path, str(error), fault=error.fault)
    else:
        if empty:
            yield Skip(candidate.path, "an archive with nothing in it", fault=True)


def _members(file: IO[bytes], kind: str, passwords: Sequence[SecretStr]) -> Iterator[Member]:
    file.seek(0)
    meter = Meter(os.fstat(file.fileno()).st_size)
    if kind == "zip":
        return zip_members(file.fileno(), meter, passwords)
    if kind in ("7z", "rar", "zstd"):
        raise BadArchive(f"a {kind} archive: {UNPACK_IT}", fault=False)
    return tar_members(file, kind, meter)


def _take(candidate: Candidate, member: Member, max_file_bytes: int) -> Found | Skip:
    path = f"{candidate.path}/{member.name}"
    if member.stream is None:
        return Skip(path, member.obstacle, fault=member.fault)
    try:
        return _read(path, f"{candidate.name}/{member.name}", member.stream, max_file_bytes)
    except BadMember as error:
        return Skip(path, str(error), fault=True)


def _read(path: str, name: str, stream: Readable, max_file_bytes: int) -> Found | Skip:
    head = stream.read(HEAD_BYTES)
    if not head:
        return Skip(path, "the file is empty (0 bytes)", fault=True)
    if sniff_archive(head) and not is_foreign(head):
        return Skip(path, "an archive in an archive: unpack that and submit it", fault=True)
    media_type = sniff(head)
    if media_type is None:
        return Skip(path, foreign(head))
    with _Unpacking() as unpacking:
        while head:
            unpacking.add(head)
            if unpacking.size_bytes > max_file_bytes:
                limit_mib = max_file_bytes / (1 << 20)
                return Skip(path, f"over {limit_mib:g} MiB: raise OCRFLEET_MAX_FILE_BYTES to take it", fault=True)
            head = stream.read(BLOCK_BYTES)
        return unpacking.found(path, utf8(name), media_type)


class _Unpacking:
    """Gathers a member's bytes, and hashes them as they come. What is not handed on as found is freed."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        self._open = ExitStack()
        self._spool = cast("IO[bytes]", self._open.enter_context(SpooledTemporaryFile(SPOOL_BYTES)))  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, block: bytes) -> None:
        self.size_bytes += len(block)
        self._digest.update(block)
        self._spool.write(block)

    def found(self, path: str, name: str, media_type: str) -> Found:
        self._open.pop_all()
        source = Source(document=self._digest.hexdigest(), name=name, media_type=media_type, size_bytes=self.size_bytes)
        return Found(path, source, self._spool)
