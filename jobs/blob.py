"""Bytes under keys, wherever the store keeps them: the protocol of such a place."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

Put = Callable[[str, Iterable[bytes]], None]


class Blobs(Protocol):
    """A place for bytes. A key is a relative path of plain names.

    Raises (all calls):
        StoreUnavailable: the place can't be reached, read or written.
    """

    @property
    def address(self) -> str:
        """Where it is, for a person to read."""
        ...

    def put(self, key: str, chunks: Iterable[bytes], *, durable: bool = True) -> None:
        """Write all or nothing. What `chunks` raises goes through, and nothing is written.

        Not durable: a loss of power within the next seconds may leave it empty.
        """
        ...

    def group(self) -> AbstractContextManager[Put]:
        """Write many, from several threads if need be: as `put`, but none is there before the context has ended.

        Then all are, and durable: they wait for the disk once, together. An error in the context leaves none of them.
        """
        ...

    def get(self, key: str) -> bytes:
        """Read all.

        Raises:
            FileNotFoundError: there is nothing under this key.
        """
        ...

    def get_foreign(self, key: str, max_bytes: int) -> bytes:
        """Read what somebody else put there: follow no link, read no more than `max_bytes`.

        Raises:
            FileNotFoundError: there is nothing under this key.
            InvalidJob: it is no plain file, or the way to it leads over a link.
            DocumentTooLarge: it is larger.
        """
        ...

    def exists(self, key: str) -> bool:
        """Tell whether something stands there."""
        ...

    def written_s(self, key: str) -> float:
        """When it was last written, in seconds since 1970.

        Raises:
            FileNotFoundError: there is nothing under this key.
        """
        ...

    def names(self, key: str) -> list[str]:
        """List what stands directly under a key, sorted; nothing if there is none."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key and all under it, if it is there."""
        ...

    def sweep(self) -> None:
        """Remove what writers left that were killed while they wrote."""
        ...
