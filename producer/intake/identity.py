"""Identifies files: type by content, SHA-256, size. What is no document is passed over, with its reason."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader

from pydantic import SecretStr

from jobs.contract import Source
from jobs.foreign import foreign
from jobs.media import HEAD_BYTES, sniff, sniff_archive
from producer.intake.found import Found
from producer.intake.unpack import unpack
from producer.intake.walk import Candidate, Skip
from producer.naming import utf8


def take_in(
    candidates: Iterable[Candidate | Skip], max_file_bytes: int, passwords: Sequence[SecretStr] = ()
) -> Iterator[Found | Skip]:
    """Identify each candidate, one at a time, in order; of an archive, each of its members."""
    for candidate in candidates:
        if isinstance(candidate, Skip):
            yield candidate
        else:
            yield from _look_at(candidate, max_file_bytes, passwords)


def _look_at(candidate: Candidate, max_file_bytes: int, passwords: Sequence[SecretStr]) -> Iterator[Found | Skip]:
    try:
        with open(candidate.path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield Skip(candidate.path, "not a file")
            elif kind := sniff_archive(file.read(HEAD_BYTES)):
                yield from unpack(candidate, file, kind, max_file_bytes, passwords)
            else:
                yield _identify(candidate, file, max_file_bytes)
    except OSError as error:
        yield Skip(candidate.path, error.strerror or str(error), fault=True)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end, and no link that was put here since the walk."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _identify(candidate: Candidate, file: BufferedReader, max_file_bytes: int) -> Found | Skip:
    before = os.fstat(file.fileno())
    if before.st_size == 0:
        return Skip(candidate.path, "the file is empty (0 bytes)", fault=True)  # as a scan that went wrong leaves it
    if before.st_size > max_file_bytes:
        limit_mib = max_file_bytes / (1 << 20)
        return Skip(candidate.path, f"over {limit_mib:g} MiB: raise OCRFLEET_MAX_FILE_BYTES to take it", fault=True)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    media_type = sniff(head)
    if media_type is None:
        return Skip(candidate.path, foreign(head))
    file.seek(0)
    content = hashlib.file_digest(file, "sha256").hexdigest()
    after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        return Skip(candidate.path, "it changed while it was read: submit it again when it is complete", fault=True)
    source = Source(document=content, name=utf8(candidate.name), media_type=media_type, size_bytes=after.st_size)
    return Found(candidate.path, source)
