"""The worker's own folder for temporary files: whatever a library leaves there goes when the worker does."""

import fcntl
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import get_temp_dir
from pathlib import Path

from jobs.errors import UsageError

log = logging.getLogger(__name__)

#: Locked by the worker and its children for as long as one of them lives: the kernel lets go of it, however they end.
LOCK = ".lock"
#: A folder is made and locked within milliseconds; younger ones may be between the two.
SETTLED_S = 60.0


def check_work_dir(work_dir: Path) -> None:
    """Write there, and leave nothing.

    Raises:
        UsageError: nothing can be written there.
    """
    try:
        tempfile.TemporaryFile(dir=work_dir).close()
    except OSError as error:
        said = f"Nothing can be written to {work_dir}, which OCRFLEET_WORK_DIR names: {error.strerror}"
        raise UsageError(f"{said}. Make that folder, or name another.") from None


@contextmanager
def temporary_folder(work_dir: Path) -> Iterator[Path]:
    """Make the folder and let Python's tempfile use it, here and in processes that are forked from here.

    What workers left here that were killed goes now.
    """
    get_temp_dir()  # multiprocessing's own: made in ours it would be gone before its finalizer, which says so at length
    earlier = tempfile.tempdir
    _sweep(work_dir)
    with (
        tempfile.TemporaryDirectory(prefix="ocrfleet-", dir=work_dir) as folder,
        (Path(folder) / LOCK).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = earlier


def clear(folder: Path) -> int:
    """Remove what lies in the folder. Returns how many entries; a file in use stays readable to who has it open."""
    entries = [entry for entry in folder.iterdir() if entry.name != LOCK]
    for entry in entries:
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    return len(entries)


def _sweep(work_dir: Path) -> None:
    before_s = time.time() - SETTLED_S
    for path in work_dir.glob(f"ocrfleet-*/{LOCK}"):
        try:
            with path.open("r+") as lock:
                if path.stat().st_mtime > before_s:
                    continue
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path.parent)
        except OSError:  # its worker lives, another sweeps it, or it is another user's
            continue
        log.info("Removed what a killed worker left in %s.", path.parent.name)
