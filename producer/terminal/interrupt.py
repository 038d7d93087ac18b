"""Ctrl-C, remembered: Python loses a KeyboardInterrupt that strikes inside a destructor or an import's callback."""

import signal
from types import FrameType, TracebackType
from typing import Self


class Interrupt:
    """While the context is open, Ctrl-C raises KeyboardInterrupt at once, and again at the next `check`."""

    def __init__(self) -> None:
        self._noted = False

    def check(self) -> None:
        """Raise the KeyboardInterrupt that was lost, if one was."""
        if self._noted:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        self._earlier = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._earlier)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._noted = True
        raise KeyboardInterrupt
