"""A worker that could only do harm does not start, and says what mends it."""

from pathlib import Path

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


def test_a_worker_whose_store_can_t_be_written_to(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    status, said = refused(fleet, store_url=tmp_path / "file")

    assert (status, f"The store at {tmp_path}/file fails: " in said, "OCRFLEET_STORE_URL" in said) == (4, True, True)
