"""The flag that tells the children of a worker to hand back what they have not begun."""

import mmap


class Drain:
    """One byte of memory that a parent shares with the children it forks.

    Not a multiprocessing primitive, since it is set inside a signal handler, where taking a lock may hang.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def begin(self) -> None:
        """Tell every child."""
        self._shared[0] = 1

    @property
    def begun(self) -> bool:
        """Whether this worker is on its way out."""
        return self._shared[0] == 1
