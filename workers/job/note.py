"""What each OCR child is at, in memory that its parent shares: a child that is killed can't say it any more.

A note costs a copy of a few hundred bytes and no system call. Our own log lines hold no text of a document, and only
those are kept.
"""

import json
import logging
import mmap
import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from pydantic import ValidationError

from config.logging import FieldFormatter
from jobs.contract import Frozen, Job
from jobs.lease import Lease
from jobs.result import LOG_LINES, clip_log

SLOT_BYTES = 8192
#: Children beyond those that were asked for, as remote control can add them. Even more keep their notes to themselves.
SPARE_SLOTS = 8


class Scene(Frozen):
    """Where a child was."""

    pid: int
    job: Job
    token: str  # of its lease
    attempt: int
    page: int  # from 1; 0: none yet
    stage: str  # open, raster, ocr, correction, write
    started_s: float  # by the clock that all processes of a machine share
    log: tuple[str, ...]

    @property
    def lasted_s(self) -> float:
        """How long ago the job was taken."""
        return time.monotonic() - self.started_s


class Note:
    """A child's own note."""

    def __init__(self, slot: memoryview) -> None:
        self._slot = slot
        self._job = self._stage = ""  # JSON, as the log is: only what changes is written anew
        self._log = "[]"
        self._lines: deque[str] = deque(maxlen=LOG_LINES)

    def begin(self, lease: Lease) -> None:
        """A job was taken."""
        facts = {"pid": os.getpid(), "token": lease.token, "attempt": lease.attempt, "started_s": time.monotonic()}
        self._job = f'{json.dumps(facts)[:-1]}, "job": {lease.job.to_json()}'
        self._lines.clear()
        self._log = "[]"
        self.at(0, "open")

    def at(self, page: int, stage: str) -> None:
        """The job came to another stage."""
        self._stage = f'"page": {page}, "stage": "{stage}"'
        self._write()

    def add(self, line: str) -> None:
        """A line was logged."""
        self._lines.append(line)
        self._log = json.dumps(self.log, ensure_ascii=False)
        if self._job:
            self._write()

    def end(self) -> None:
        """The job has ended."""
        self._job = ""
        self._slot[:1] = b"\0"

    @property
    def log(self) -> tuple[str, ...]:
        """The last lines that were logged since the job was taken."""
        return clip_log(self._lines)

    def _write(self) -> None:
        text = f'{self._job}, {self._stage}, "log": {self._log}}}'.encode()[: SLOT_BYTES - 1] + b"\0"
        self._slot[: len(text)] = text


class Notes:
    """The notes of all children of a worker. Made by the parent before it forks."""

    def __init__(self, children: int) -> None:
        self._count = children + SPARE_SLOTS
        self._shared = memoryview(mmap.mmap(-1, self._count * SLOT_BYTES))

    def open(self, index: int) -> Note:
        """Open a child's own, by its place in the pool."""
        inside = 0 <= index < self._count
        return Note(self._slot(index) if inside else memoryview(bytearray(SLOT_BYTES)))

    def read(self, pid: int) -> Scene | None:
        """Read what the child of this process id was at. None: at nothing."""
        return next((scene for _, scene in self._scenes() if scene.pid == pid), None)

    def clear(self, pid: int) -> None:
        """Forget what the child of this process id was at."""
        for index, scene in self._scenes():
            if scene.pid == pid:
                self._slot(index)[:1] = b"\0"

    def _scenes(self) -> Iterator[tuple[int, Scene]]:
        for index in range(self._count):
            text, _, _ = bytes(self._slot(index)).partition(b"\0")
            with suppress(ValidationError):  # nothing, or killed while it wrote
                yield index, Scene.model_validate_json(text)

    def _slot(self, index: int) -> memoryview:
        return self._shared[index * SLOT_BYTES : (index + 1) * SLOT_BYTES]


class NoteHandler(logging.Handler):
    """Adds what our own code logs to the child's note."""

    OURS = ("workers", "jobs")

    def __init__(self, note: Note) -> None:
        super().__init__(logging.INFO)
        self._note = note
        self.setFormatter(FieldFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line."""
        if record.name.partition(".")[0] in self.OURS:
            self._note.add(self.format(record))
