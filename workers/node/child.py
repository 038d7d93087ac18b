"""One OCR child from its fork to its end. Built by the parent; nothing is open before the child's first job."""

import logging
from collections.abc import Callable
from contextlib import ExitStack

from config.settings import Settings
from workers.job.note import Note, NoteHandler, Notes
from workers.job.resources import Resources
from workers.node.recycling import is_spent


class Child:
    """Opens what jobs need, once; says when it has done enough; closes."""

    def __init__(self, settings: Settings, notes: Notes, open_resources: Callable[[Note], Resources]) -> None:
        self._settings = settings
        self._notes = notes
        self._open_resources = open_resources
        self._note: Note | None = None
        self._resources: Resources | None = None
        self._open = ExitStack()

    def begin(self, index: int) -> None:
        """The child was forked, at this place in the pool."""
        self._note = self._notes.open(index)
        handler = NoteHandler(self._note)
        logging.getLogger().addHandler(handler)
        self._open.callback(logging.getLogger().removeHandler, handler)

    def resources(self) -> Resources:
        """Give what a job needs."""
        if self._resources is None:
            assert self._note, "the child never began"
            self._resources = self._open_resources(self._note)
            self._open.callback(self._resources.close)
        return self._resources

    def is_spent(self) -> bool:
        """Tell whether another shall take its place."""
        return self._resources is not None and is_spent(self._resources.pages_read, self._settings)

    def close(self) -> None:
        """Close what was opened. Idempotent."""
        self._resources = None
        self._open.close()
