"""A listening socket in a folder of its own, which only this user can open: engine and OCR process answer there."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

from jobs.errors import UsageError

#: Connections that may wait while a process loads: more than a machine has OCR children.
BACKLOG = 512
#: The kernel's bound on the path of a local socket.
LONGEST_PATH = 107


def listen(work_dir: Path | None, name: str) -> tuple[socket.socket, Path]:
    """Make folder and socket; returns the socket and its path. The folder is the caller's to remove.

    Raises:
        UsageError: work_dir's path is too long for a socket.
    """
    folder = Path(tempfile.mkdtemp(prefix="ocrfleet-", dir=work_dir))  # mode 0700
    path = folder / name
    if len(os.fsencode(path)) > LONGEST_PATH:
        shutil.rmtree(folder, ignore_errors=True)
        raise UsageError(f"work_dir is too long for a socket ({path}). Set OCRFLEET_WORK_DIR to a shorter.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(BACKLOG)
    return listener, path
