"""The CPU of this machine."""

from pathlib import Path


def has_amx() -> bool:
    """Whether the kernel lists AMX, the matrix instructions of Intel's servers since 2023, among its instructions."""
    try:
        return " amx_int8" in Path("/proc/cpuinfo").read_text()
    except OSError:  # no Linux
        return False
