"""Notices another worker of the same name, which would take this one's jobs for its predecessor's.

A start asks whether one answers (workers/node/worker.py); of two that start together, neither does yet.
"""

import secrets
import time
from collections.abc import Callable


class Namesake:
    """Looks at each pulse who beat last under this worker's name. The one that started later ends."""

    def __init__(self, end: Callable[[str], None]) -> None:
        self.run = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        self._end = end
        self._has_beaten = False

    def look(self, last: str) -> None:
        """Look at the run that beat last, if any: at our own first beat that may be a dead one."""
        if self._has_beaten and last and last < self.run:
            self._end("Another worker has this name and was here first: name this one otherwise (--name)")
        self._has_beaten = True
