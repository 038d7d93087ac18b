"""SHA-256 of a model file, computed once and kept in a small file beside it.

Hashing takes about 2 s a GiB; a worker should not pay that at every start. The kept sum counts
while size and modification time are unchanged.
"""

import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path

from workers.models.progress import Progress

log = logging.getLogger(__name__)
_CHUNK_BYTES = 8 << 20


def sha256_of(path: Path, progress: Progress | None = None) -> str:
    """The file's SHA-256 in hex: the kept one, else computed and kept."""
    return recall(path) or remember(path, compute(path, progress))


def compute(path: Path, progress: Progress | None = None) -> str:
    """The file's SHA-256 in hex, read from the file whatever is kept."""
    digest, total, done = hashlib.sha256(), path.stat().st_size, 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            if progress:
                progress(f"checking {path.name}", done, total)
    return digest.hexdigest()


def recall(path: Path) -> str | None:
    """The kept SHA-256, or None if there is none or the file has changed since."""
    try:
        kept = json.loads(_beside(path).read_text())
        return str(kept["sha256"]) if kept["file"] == _stamp(path) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(path: Path, sha256: str) -> str:
    """Keep the sum beside the file, atomically, and return it; a folder that can't be written is no error."""
    text = json.dumps({"sha256": sha256, "file": _stamp(path)})
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(temporary).replace(_beside(path))
    except OSError as error:
        log.info("the checksum of %s is not kept (%s): it is computed again at the next start", path, error)
    return sha256


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.sha256.json")


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
