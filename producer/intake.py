"""Identifies files: type by content, SHA-256, size. What is no document is passed over, with its reason."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader

from jobs.contract import Source
from jobs.media import HEAD_BYTES, sniff
from producer.walk import Candidate, Skip


@dataclass(frozen=True)
class Found:
    """A document on the user's disk."""

    path: str
    source: Source


def take_in(candidates: Iterable[Candidate | Skip], max_file_bytes: int) -> Iterator[Found | Skip]:
    """Identify each candidate, one at a time, in order."""
    for candidate in candidates:
        yield candidate if isinstance(candidate, Skip) else _identify(candidate, max_file_bytes)


def _identify(candidate: Candidate, max_file_bytes: int) -> Found | Skip:
    try:
        with open(candidate.path, "rb", opener=_open_at_once) as file:
            source = _read_source(candidate, file, max_file_bytes)
    except OSError as error:
        return Skip(candidate.path, error.strerror or str(error), fault=True)
    return source if isinstance(source, Skip) else Found(candidate.path, source)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for a pipe's other end, and no link that was put here since the walk."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _read_source(candidate: Candidate, file: BufferedReader, max_file_bytes: int) -> Source | Skip:
    before = os.fstat(file.fileno())
    if not stat.S_ISREG(before.st_mode):
        return Skip(candidate.path, "not a file")
    if before.st_size == 0:
        return Skip(candidate.path, "the file is empty (0 bytes)", fault=True)  # as a scan that went wrong leaves it
    if before.st_size > max_file_bytes:
        limit_mib = max_file_bytes / (1 << 20)
        return Skip(candidate.path, f"over {limit_mib:g} MiB: raise OCRFLEET_MAX_FILE_BYTES to take it", fault=True)
    media_type = sniff(file.read(HEAD_BYTES))
    if media_type is None:
        return Skip(candidate.path, "neither PDF nor an image that ocrfleet reads")
    file.seek(0)
    content = hashlib.file_digest(file, "sha256").hexdigest()
    after = os.fstat(file.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        return Skip(candidate.path, "it changed while it was read: submit it again when it is complete", fault=True)
    return Source(document=content, name=_utf8(candidate.name), media_type=media_type, size_bytes=after.st_size)


def _utf8(name: str) -> str:
    r"""Write bytes of a name that are no UTF-8 as `\xe9`: JSON can't carry them."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
