"""A store's bytes in a local or mounted folder that only its user can read: they are personal data."""

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from jobs.errors import DocumentTooLarge, InvalidJob, StoreUnavailable

#: Files in the making. On the same file system as the rest, so that the rename is atomic.
DRAFTS = ".drafts"
#: A draft that nobody wrote to for so long was left by a process that was killed.
STALE_AFTER_S = 3600.0

NOT_PLAIN = "That is no plain file, or a link leads to it. Put a copy of the file there."


class Folder:
    """Implements `jobs.blob.Blobs`."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def put(self, key: str, chunks: Iterable[bytes], *, durable: bool = True) -> None:
        """Write a draft, bring it to the disk, move it into place."""
        path = self._root / key
        with self._draft() as (handle, draft):
            for chunk in chunks:
                with self._errors():
                    _write(handle, chunk)
            with self._errors():
                if durable:
                    os.fsync(handle)
                self._make(path.parent)
                draft.replace(path)

    @contextmanager
    def _draft(self) -> Iterator[tuple[int, Path]]:
        with self._errors():
            self._make(self._root / DRAFTS)
            handle, name = tempfile.mkstemp(dir=self._root / DRAFTS)  # readable by its user only
        try:
            yield handle, Path(name)
        finally:
            os.close(handle)
            Path(name).unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)

    def get(self, key: str) -> bytes:
        """Read a file."""
        with self._errors():
            return (self._root / key).read_bytes()

    def get_foreign(self, key: str, max_bytes: int) -> bytes:
        """Go down from the root name by name, so that no link on the way is followed."""
        *folders, name = key.split("/")
        with self._errors(), ExitStack() as held:
            handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
            held.callback(os.close, handle)
            for step, flags in (*((folder, os.O_DIRECTORY) for folder in folders), (name, os.O_NONBLOCK)):
                handle = _open_plain(step, flags, handle)
                held.callback(os.close, handle)
            return _read_bounded(handle, max_bytes)

    def exists(self, key: str) -> bool:
        """Look for a file or folder."""
        with self._errors():
            return (self._root / key).exists()

    def written_s(self, key: str) -> float:
        """Look at a file's time."""
        with self._errors():
            return (self._root / key).stat().st_mtime

    def names(self, key: str) -> list[str]:
        """List a folder."""
        with self._errors(), suppress(FileNotFoundError):
            return sorted(path.name for path in (self._root / key).iterdir())
        return []

    def delete(self, key: str) -> None:
        """Remove a file, or a folder with all in it."""
        path = self._root / key
        with self._errors(), suppress(FileNotFoundError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def sweep(self) -> None:
        """Remove stale drafts."""
        before = time.time() - STALE_AFTER_S
        for name in self.names(DRAFTS):
            path = self._root / DRAFTS / name
            with self._errors(), suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreUnavailable(
                f"The store at {self._root} fails: {error.strerror}. Check the disk, its rights and OCRFLEET_STORE_URL."
            ) from None


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _open_plain(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR, errno.ENXIO}:
            raise InvalidJob(NOT_PLAIN) from None
        raise


def _read_bounded(handle: int, max_bytes: int) -> bytes:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise InvalidJob(NOT_PLAIN)
    if facts.st_size > max_bytes:
        raise DocumentTooLarge(f"The file has {facts.st_size} bytes; OCRFLEET_MAX_FILE_BYTES allows {max_bytes}.")
    with os.fdopen(handle, "rb", closefd=False) as file:
        return file.read(max_bytes)
