"""A store's bytes in an S3 bucket, or in this process' memory for tests: what fsspec reaches."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

import fsspec

from jobs.blob import Put
from jobs.errors import DocumentTooLarge, StoreUnavailable, UsageError


class Bucket:
    """Implements `jobs.blob.Blobs`. An object appears whole or not at all: that is how S3 writes."""

    def __init__(self, scheme: str, place: str) -> None:
        self._root = PurePosixPath("/" if scheme == "memory" else "") / place.strip("/")
        self.address = f"{scheme}://{place}"
        try:
            self._files = fsspec.filesystem(scheme, use_listings_cache=False)
        except ImportError:
            raise UsageError(f'A store at {scheme}:// needs a package. Run: pip install -e ".[{scheme}]"') from None
        self._failures: tuple[type[Exception], ...] = (OSError,)
        if scheme == "s3":
            self._failures += _s3_failures()

    def put(self, key: str, chunks: Iterable[bytes], *, durable: bool = True) -> None:
        """Gather all, then write once. A bucket's objects are always durable."""
        data = b"".join(chunks)
        with self._errors(missing_is_failure=True):
            self._files.pipe_file(self._path(key), data)

    @contextmanager
    def group(self) -> Iterator[Put]:
        """Write each at once: there is no disk to wait for."""
        yield self.put

    def get(self, key: str) -> bytes:
        """Read an object."""
        with self._errors():
            return bytes(self._files.cat_file(self._path(key)))

    def get_foreign(self, key: str, max_bytes: int) -> bytes:
        """Read an object after a look at its size. There are no links."""
        with self._errors():
            size = int(self._files.info(self._path(key))["size"])
        if size > max_bytes:
            raise DocumentTooLarge(f"The file has {size} bytes; OCRFLEET_MAX_FILE_BYTES allows {max_bytes}.")
        return self.get(key)

    def exists(self, key: str) -> bool:
        """Ask for an object's facts."""
        try:
            with self._errors():
                self._files.info(self._path(key))
        except FileNotFoundError:
            return False
        return True

    def written_s(self, key: str) -> float:
        """Ask for an object's time."""
        with self._errors():
            return float(self._files.modified(self._path(key)).timestamp())

    def names(self, key: str) -> list[str]:
        """List the objects and prefixes directly under a key."""
        try:
            with self._errors():
                found: list[str] = self._files.ls(self._path(key), detail=False)
        except FileNotFoundError:
            return []
        return sorted(PurePosixPath(path).name for path in found)

    def delete(self, key: str) -> None:
        """Remove an object and all whose key begins with it and a slash."""
        try:
            with self._errors():
                self._files.rm(self._path(key), recursive=True)
        except FileNotFoundError:
            return

    def sweep(self) -> None:
        """Nothing to do: there are no drafts."""

    def _path(self, key: str) -> str:
        return str(self._root / key)

    @contextmanager
    def _errors(self, *, missing_is_failure: bool = False) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            if isinstance(error, FileNotFoundError) and not missing_is_failure:
                raise
            raise StoreUnavailable(
                f"The store at {self.address} fails ({type(error).__name__}). "
                "Check OCRFLEET_STORE_URL, the credentials and the network."
            ) from None


def _s3_failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    return BotoCoreError, ClientError
