"""Gives each result a path of its own below the output folder, whatever its document was called."""

import hashlib
import os
import sqlite3
from pathlib import PurePosixPath

#: Bytes of one part of a path, with room for a suffix; file systems take 255.
MAX_PART_BYTES = 200


class Names:
    """The paths that are taken. Two documents of one name (from two folders) never share a path."""

    def __init__(self) -> None:
        # A temporary file of SQLite's: the names of a million documents need no memory.
        self._taken = sqlite3.connect("", isolation_level=None)
        self._taken.execute("create table taken (path text primary key, document text) without rowid")

    def take(self, name: str, document: str) -> PurePosixPath | None:
        """Take the path for a document's name: the name itself, or with digits of the content where that is taken.

        None: this document has taken it before.
        """
        wanted = safe_path(name) or PurePosixPath(document)
        apart = wanted.with_name(f"{wanted.stem}~{document[:8]}{wanted.suffix}")
        for path in (wanted, apart, PurePosixPath(document)):
            if self._taken.execute("insert or ignore into taken values (?, ?)", (str(path), document)).rowcount:
                return path
            if self._owner(path) == document:
                break
        return None

    def close(self) -> None:
        """Let go of the file. Idempotent."""
        self._taken.close()

    def _owner(self, path: PurePosixPath) -> str:
        return str(self._taken.execute("select document from taken where path = ?", (str(path),)).fetchone()[0])


def safe_path(name: str) -> PurePosixPath | None:
    """Make a relative path that stays below its root and fits a file system; None where nothing is left."""
    parts = [part for part in name.replace("\x00", "").split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*map(_fitting, parts)) if parts else None


def _fitting(part: str) -> str:
    data = part.encode()
    if len(data) <= MAX_PART_BYTES:
        return part
    digits = hashlib.sha256(data).hexdigest()[:8]
    return f"{data[: MAX_PART_BYTES - 9].decode(errors='ignore')}~{digits}"


def utf8(name: str) -> str:
    r"""Write bytes of a name that are no UTF-8 as `\xe9`: JSON can't carry them."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
