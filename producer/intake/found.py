"""A document that `ocrfleet submit` has found, and how to read it once more for the store."""

from dataclasses import dataclass
from typing import IO

from jobs.contract import Source


@dataclass(frozen=True)
class Found:
    """A file on the user's disk, or what was taken out of an archive there."""

    path: str
    source: Source
    unpacked: IO[bytes] | None = None

    def open(self) -> IO[bytes]:
        """Open it for reading; what was unpacked can be opened once."""
        if self.unpacked is None:
            return open(self.path, "rb")  # noqa: PTH123 - not by a Path: jobs/folder.py
        self.unpacked.seek(0)
        return self.unpacked
