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


class LocalSocket:
    """Socket and folder, this process' own: a forked child knows the path and holds nothing.

    Raises:
        UsageError: work_dir's path is too long for a socket.
    """

    def __init__(self, work_dir: Path | None, name: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="ocrfleet-", dir=work_dir))  # mode 0700
        self.path = folder / name
        if len(os.fsencode(self.path)) > LONGEST_PATH:
            shutil.rmtree(folder, ignore_errors=True)
            raise UsageError(f"work_dir is too long for a socket ({self.path}). Set OCRFLEET_WORK_DIR to a shorter.")
        self.listener: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.path))
        self.path.chmod(0o600)
        self.listener.listen(BACKLOG)
        os.register_at_fork(after_in_child=self._let_go)

    def close(self) -> None:
        """Close the socket and remove its folder. Idempotent; nothing in a forked child."""
        if self.listener:
            self._let_go()
            shutil.rmtree(self.path.parent, ignore_errors=True)

    def _let_go(self) -> None:
        if self.listener:
            self.listener.close()
            self.listener = None
