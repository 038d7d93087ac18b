"""A worker that could only do harm does not start, and says what mends it."""

import signal
from pathlib import Path

import pytest

from tests.acceptance.conftest import Fleet
from tests.drawn_page import draw_blanks

NULL = {"engine": "null", "mode": "off"}


def refused(fleet: Fleet, *arguments: str, **settings: object) -> tuple[int, str]:
    """Start a worker that is to end at once: its exit status and its last line."""
    fleet.settings |= settings
    done = fleet.ocrfleet_worker("run", "--gpu", "cpu", *arguments, check=False)
    return done.returncode, done.stderr.splitlines()[-1]


def test_a_worker_whose_store_knows_nothing_of_the_fleet_s_work(fleet: Fleet, tmp_path: Path) -> None:
    fleet.submit(draw_blanks(tmp_path / "documents", 1), **NULL)

    status, said = refused(fleet, store_url=tmp_path / "unmounted")

    assert status == 4
    assert f"The store at {tmp_path}/unmounted knows nothing of batch batch" in said
    assert "OCRFLEET_STORE_URL" in said


def test_a_worker_of_a_name_that_another_answers_to(fleet: Fleet) -> None:
    fleet.settings |= {"engine": "null"}
    first = fleet.start_worker()

    status, said = refused(fleet)

    assert status == 2
    assert "A worker cpu@testhost runs already" in said
    assert "--name" in said
    assert "OCRFLEET_NODE" in said
    assert first.poll() is None


@pytest.mark.prove
def test_of_two_workers_of_one_name_that_start_together_the_later_one_ends(fleet: Fleet) -> None:
    fleet.settings |= {"engine": "null"}
    first = fleet.start_worker()
    first.send_signal(signal.SIGSTOP)  # it answers nothing, like one that loads its model
    second = fleet.start_worker()
    first.send_signal(signal.SIGCONT)

    assert second.wait(60) == 75  # its supervisor starts it again, and it is refused
    assert "Another worker has this name and was here first" in fleet.logs()
    assert first.poll() is None


def test_a_worker_that_redis_does_not_let_in(fleet: Fleet, redis_url: str) -> None:
    status, said = refused(fleet, redis_url=f"redis://:wrong-secret@{redis_url.rsplit('@', 1)[1]}")

    assert (status, "refuses our user or password. Check OCRFLEET_REDIS_URL" in said) == (4, True)
    assert "wrong-secret" not in said


def test_a_worker_whose_store_can_t_be_written_to(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    status, said = refused(fleet, store_url=tmp_path / "file")

    assert (status, f"The store at {tmp_path}/file fails: " in said, "OCRFLEET_STORE_URL" in said) == (4, True, True)
