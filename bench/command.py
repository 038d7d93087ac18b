"""Runs a command and says what it took."""

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 0.05
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """What a command took, from its start to its end."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def take(command: Sequence[str], environment: Mapping[str, str]) -> Taken:
    """Run a command in silence.

    Its memory is asked of the kernel while it runs: `ru_maxrss` of a child is at least that of whoever started it.

    Raises:
        CalledProcessError: it failed.
    """
    started, peak_kib = time.monotonic(), 0
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    status = Path(f"/proc/{process.pid}/status")
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        if found := _PEAK.search(status.read_text()):
            peak_kib = int(found[1])
        time.sleep(LOOK_S)
    _, code, usage = ended
    if code:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(code), command)
    return Taken(time.monotonic() - started, usage.ru_utime + usage.ru_stime, peak_kib / 1024)
