"""A store's bytes in a local or mounted folder that only its user can read: they are personal data."""

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from jobs.blob import Put
from jobs.disk import sync_file_system
from jobs.errors import DocumentTooLarge, InvalidJob, StoreUnavailable

#: Files in the making. On the same file system as the rest, so that the rename is atomic.
DRAFTS = ".drafts"
#: A draft that nobody wrote to for so long was left by a process that was killed.
STALE_AFTER_S = 3600.0

ROOM = "Make room there, or delete batches: ocrfleet delete BATCH"
RIGHTS = "Check the disk, its rights and OCRFLEET_STORE_URL."
NOT_PLAIN = "That is no plain file, or a link leads to it. Put a copy of the file there."

Made = TypeVar("Made")


class Folder:
    """Implements `jobs.blob.Blobs`."""

    def __init__(self, root: Path) -> None:
        # Text: pathlib interns each part of a name. That took a third of a write's time, and Python's table of names,
        # made anew now and then by whichever thread wrote, left a hole of 2 MB in the heap of each.
        self.address = self._root = str(root.absolute())

    def put(self, key: str, chunks: Iterable[bytes], *, durable: bool = True) -> None:
        """Write a draft, bring it to the disk, move it into place, and bring that to the disk, too."""
        with self._drafting() as drafts:
            self._draft(drafts, key, chunks, durable=durable)
            self._place(drafts)
        if durable:
            self._sync(os.path.dirname(self._path(key)), _sync_names)

    @contextmanager
    def group(self) -> Iterator[Put]:
        """Write drafts, bring all of them to the disk at once, move them into place."""
        with self._drafting() as drafts:
            yield partial(self._draft, drafts, durable=False)
            if drafts:
                self._sync(self._root, sync_file_system)
                self._place(drafts)
                self._sync(self._root, sync_file_system)

    @contextmanager
    def _drafting(self) -> Iterator[dict[str, str]]:
        """Give room for drafts, with the keys they are for. Those that are not in place in the end are removed."""
        drafts: dict[str, str] = {}
        try:
            yield drafts
        finally:
            for draft in drafts:
                with suppress(OSError):
                    os.unlink(draft)

    def _draft(self, drafts: dict[str, str], key: str, chunks: Iterable[bytes], *, durable: bool) -> None:
        draft = self._path(f"{DRAFTS}/{secrets.token_hex(16)}")
        with self._errors(writing=True):
            handle = self._in_folder(draft, partial(os.open, draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            for chunk in chunks:
                with self._errors():
                    _write(handle, chunk)
            if durable:
                with self._errors():
                    os.fsync(handle)
        except BaseException:
            with suppress(OSError):
                os.unlink(draft)
            raise
        finally:
            with self._errors():
                os.close(handle)
        drafts[draft] = key

    def _place(self, drafts: dict[str, str]) -> None:
        for draft, key in list(drafts.items()):
            path = self._path(key)
            with self._errors(writing=True):
                self._in_folder(path, partial(os.replace, draft, path))
            del drafts[draft]

    def _in_folder(self, path: str, act: Callable[[], Made]) -> Made:
        """Make a file; where its folder is missing, that first."""
        try:
            return act()
        except FileNotFoundError:
            self._make(os.path.dirname(path))
            return act()

    def _make(self, folder: str) -> None:
        if not os.path.isdir(folder):
            self._make(os.path.dirname(folder))
            with suppress(FileExistsError):
                os.mkdir(folder, mode=0o700)

    def _sync(self, folder: str, sync: Callable[[int], None]) -> None:
        with self._errors():
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                sync(handle)
            finally:
                os.close(handle)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def get(self, key: str) -> bytes:
        """Read a file."""
        with self._errors(), open(self._path(key), "rb") as file:
            return file.read()

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
            return os.path.exists(self._path(key))

    def written_s(self, key: str) -> float:
        """Look at a file's time."""
        with self._errors():
            return os.stat(self._path(key)).st_mtime

    def names(self, key: str) -> list[str]:
        """List a folder."""
        with self._errors(), suppress(FileNotFoundError):
            return sorted(os.listdir(self._path(key)))
        return []

    def delete(self, key: str) -> None:
        """Remove a file, or a folder with all in it."""
        path = self._path(key)
        with self._errors(), suppress(FileNotFoundError):
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def sweep(self) -> None:
        """Remove stale drafts."""
        before = time.time() - STALE_AFTER_S
        for name in self.names(DRAFTS):
            path = self._path(f"{DRAFTS}/{name}")
            with self._errors(), suppress(FileNotFoundError):
                if os.stat(path).st_mtime < before:
                    os.unlink(path)

    @contextmanager
    def _errors(self, *, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not writing:  # the file; what is written to is to be there
                raise
            remedy = ROOM if error.errno in {errno.ENOSPC, errno.EDQUOT} else RIGHTS
            raise StoreUnavailable(f"The store at {self._root} fails: {error.strerror}. {remedy}") from None


def _sync_names(folder: int) -> None:
    """Bring a folder's names to the disk; that of a folder made for them goes with them in a journal."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that knows no such thing
            raise


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
