"""A disk of a few MiB to fill or turn read-only: a tmpfs in a mount namespace of its own, which needs no root."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MIB = 4


@dataclass(frozen=True, slots=True)
class Disk:
    """The namespace's shell, which does what it reads, and where all processes of this user see its disk."""

    shell: subprocess.Popen[str]
    path: Path
    mounted: Path

    def fill(self) -> None:
        """Leave not one byte."""
        self._do(f"dd if=/dev/zero of={self.mounted}/ballast bs=4096 2>/dev/null; true")

    def free(self) -> None:
        """Give the space back."""
        self._do(f"rm {self.mounted}/ballast")

    def let_write(self, allowed: bool) -> None:
        """Mount it anew, read-only or not."""
        self._do(f"mount -o remount,{'rw' if allowed else 'ro'} {self.mounted}")

    def _do(self, command: str) -> None:
        assert self.shell.stdin and self.shell.stdout
        self.shell.stdin.write(f"{command} && echo done || echo failed\n")
        self.shell.stdin.flush()
        assert self.shell.stdout.readline() == "done\n", command


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Have such a disk until the context ends."""
    folder.mkdir()
    shell = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        disk = Disk(shell, Path(f"/proc/{shell.pid}/root") / folder.relative_to("/"), folder)
        disk._do(f"mount -t tmpfs -o size={SIZE_MIB}m none {folder}")
        yield disk
    finally:
        shell.kill()
        shell.communicate()
