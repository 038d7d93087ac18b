"""The worker's own folder for temporary files: whatever a library leaves there goes when the worker does."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import get_temp_dir
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def temporary_folder(work_dir: Path) -> Iterator[Path]:
    """Make the folder and let Python's tempfile use it, here and in processes that are forked from here."""
    get_temp_dir()  # multiprocessing's own: made in ours it would be gone before its finalizer, which says so at length
    earlier = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="ocrfleet-", dir=work_dir) as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = earlier


def clear(folder: Path) -> int:
    """Remove what lies in the folder. Returns how many entries; a file in use stays readable to who has it open."""
    entries = list(folder.iterdir())
    for entry in entries:
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    return len(entries)
