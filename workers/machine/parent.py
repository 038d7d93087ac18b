"""Ties a process to its parent's life, so that a SIGKILL of the parent leaves nothing behind."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, death_signal: signal.Signals) -> None:
    """Have the kernel send `death_signal` to this process when the parent's thread that started it ends.

    Raises:
        SystemExit: the parent has gone already, before the kernel was told.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent_pid:
        raise SystemExit(0)
