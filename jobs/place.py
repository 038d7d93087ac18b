"""Chooses by its URL where a store's bytes lie: in a folder, or in what fsspec reaches."""

from pathlib import Path

from jobs.blob import Blobs
from jobs.errors import UsageError
from jobs.folder import Folder


def open_blobs(url: str) -> Blobs:
    """Open a folder (its path, or `file://`), `s3://bucket/prefix` or `memory://name`.

    Raises:
        UsageError: the URL is of another kind, or it needs a package that is not installed.
    """
    scheme, separator, place = url.partition("://")
    if not separator or scheme == "file":
        return Folder(Path(place or url))
    if scheme in {"s3", "memory"}:
        from jobs.bucket import Bucket  # fsspec takes 0.1 s to import, and most stores are folders

        return Bucket(scheme, place)
    raise UsageError(f"The store can't be at {scheme}://. Set OCRFLEET_STORE_URL to a folder, s3:// or memory://.")
