"""What a container leaves a process of the machine; psutil tells the host's memory only (giampaolo/psutil#490)."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_HOST = Path("/")
#: Limit, use, and what of it the kernel gives back first: page cache that nobody uses. Of version 2, then of 1.
_MEMORY = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
#: Version 1 has a limit always: none is the greatest number that there is, in whole pages.
_NO_LIMIT_BYTES = 1 << 60


def memory_left_bytes(root: Path = _HOST) -> int | None:
    """What may still be taken before the kernel kills; None where no limit is set. The host may have less."""
    left = [
        limit - used + _stat(folder / "memory.stat").get(idle, 0)
        for folder in _groups("memory", root)
        for limit_file, used_file, idle in _MEMORY
        if (limit := _number(folder / limit_file)) is not None
        and limit < _NO_LIMIT_BYTES
        and (used := _number(folder / used_file)) is not None
    ]
    return max(0, min(left)) if left else None


def cores(root: Path = _HOST) -> int:
    """How many cores this process can keep busy: those it may run on, or the time that its container is given."""
    quotas = [quota for folder in _groups("cpu", root) if (quota := _quota(folder)) is not None]
    return min([len(os.sched_getaffinity(0)), *(math.ceil(quota) for quota in quotas)])


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The group of this process and those around it, whose limits bind it too.

    A container may show the path that the host knows its group by, and its own group as the topmost.
    """
    mounts = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            top = mounts / controller if controllers else mounts
            group = top / path.strip("/")
            yield from (group, *group.parents[: len(group.parents) - len(top.parents)])


def _quota(group: Path) -> float | None:
    """Cores' worth of time."""
    quota, _, period = _text(group / "cpu.max").partition(" ")
    if not period:
        quota, period = _text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us")
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() else None  # none: `max` or `-1`


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.isdigit() else None


def _stat(file: Path) -> dict[str, int]:
    pairs = (line.split() for line in _text(file).splitlines())
    return {name: int(value) for name, value in pairs}


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
