"""What a child notes of the job in hand, as its parent reads it when the child is gone."""

import logging
import multiprocessing
import os
import signal

import pytest

from jobs.contract import Job, Recipe
from jobs.lease import Lease
from jobs.result import LOG_BYTES, LOG_LINES, clip_log
from workers.job.note import SPARE_SLOTS, NoteHandler, Notes
from workers.node.death import Deaths

LEASE = Lease(
    job=Job(batch="march", document="ab" * 32, part=1),
    token="0123456789abcdef",
    node="cpu@host",
    queue="backlog",
    recipe=Recipe(),
    media_type="application/pdf",
    size_bytes=1,
    attempt=2,
)


def test_a_killed_child_leaves_page_stage_and_log() -> None:
    notes = Notes(2)
    deaths = Deaths(notes, job_timeout_s=900)

    child = multiprocessing.get_context("fork").Process(target=_die_at_page_3, args=(notes,))
    child.start()
    child.join()
    deaths.child_ended(child.pid or 0, child.exitcode or 0)

    (death,) = deaths.untold
    assert death.cause.startswith("The process was killed by SIGKILL")
    assert "at page 3, stage ocr" in death.cause
    assert "in attempt 2" in death.cause
    assert (death.scene.job, death.scene.token) == (LEASE.job, LEASE.token)
    assert death.scene.log == ("opened äöü",)
    deaths.child_ended(child.pid or 0, child.exitcode or 0)
    assert len(deaths.untold) == 1


def _die_at_page_3(notes: Notes) -> None:
    note = notes.open(1)
    note.begin(LEASE)
    note.add("opened äöü")
    note.at(3, "ocr")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_child_without_a_job_leaves_nothing() -> None:
    notes = Notes(1)
    note = notes.open(0)
    note.begin(LEASE)
    note.end()
    note.add("between two jobs")
    assert notes.read(os.getpid()) is None


@pytest.mark.parametrize("index", [-1, 1 + SPARE_SLOTS, 10_000])
def test_a_child_of_no_known_place_notes_for_itself(index: int) -> None:
    notes = Notes(1)
    notes.open(index).begin(LEASE)
    assert notes.read(os.getpid()) is None


def test_the_log_of_the_job_before_is_not_this_one_s() -> None:
    note = Notes(1).open(0)
    note.begin(LEASE)
    note.add("of the first")
    note.begin(LEASE)
    assert note.log == ()


def test_only_our_own_log_is_kept_and_bounded() -> None:
    note = Notes(1).open(0)
    note.begin(LEASE)
    handler = NoteHandler(note)
    for name, message in (("workers.document.pages", "ours"), ("PIL.Image", "theirs, which may quote the page")):
        handler.handle(logging.LogRecord(name, logging.INFO, "", 0, message, None, None))
    assert len(note.log) == 1
    assert "ours" in note.log[0]

    for number in range(100):
        note.add(f"{number} {'x' * 1000}")
    assert sum(map(len, note.log)) <= LOG_BYTES
    assert note.log[-1].startswith("99 ")


def test_the_last_lines_of_a_log_are_kept() -> None:
    assert clip_log(str(number) for number in range(100)) == tuple(map(str, range(100 - LOG_LINES, 100)))
    assert clip_log(["x" * (LOG_BYTES + 1)]) == ()
