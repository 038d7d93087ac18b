"""Children, engine and worker are replaced when they have done or grown enough, and no page is lost or doubled."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from bench.poison import POISON_WIDTH_PX
from samples.stack import running
from tests.drawn_page import draw_blanks

DOCUMENTS = 20


def children_of(worker: subprocess.Popen[bytes]) -> set[int]:
    living = [child for child in psutil.Process(worker.pid).children() if child.status() != psutil.STATUS_ZOMBIE]
    return {child.pid for child in living if "workers.llm.keeper" not in child.cmdline()}


def ends_of(fleet: Any) -> Counter[str]:
    """How often each document was done, by the workers' logs."""
    lines = [line for log in fleet.whole_logs() for line in log.splitlines() if "state=done" in line]
    return Counter(match[1] for line in lines if (match := re.search(r"document=(\w+)", line)))


def test_children_are_replaced_after_their_pages_and_nothing_is_lost_or_doubled(fleet: Any, tmp_path: Path) -> None:
    worker = fleet.start_worker("--concurrency", "2", recycle_after_pages=3)
    first = children_of(worker)

    fleet.submit(draw_blanks(tmp_path / "documents", DOCUMENTS), engine="null", mode="off")
    summary = fleet.wait_until_finished(120)

    assert (summary["done"], summary["failed"]) == (DOCUMENTS, 0)
    assert Counter(ends_of(fleet).values()) == {1: DOCUMENTS}
    assert "lost its lease" not in fleet.logs()
    assert not first & children_of(worker)
    worker.terminate()
    assert worker.wait(60) == 0
    assert "Traceback" not in fleet.logs()


@pytest.mark.prove
def test_a_worker_that_holds_too_much_memory_drains_and_asks_to_be_started_again(fleet: Any, tmp_path: Path) -> None:
    fleet.submit(draw_blanks(tmp_path / "documents", DOCUMENTS), engine="null", mode="off")
    settings, log = fleet.settings | {"recycle_worker_mib": 1}, tmp_path / "recycled.log"

    with running(["workers.cli", "run", "--gpu", "cpu"], settings, log) as worker:
        assert worker.wait(120) == 75, log.read_text()
    assert "OCRFLEET_RECYCLE_WORKER_MIB=1" in log.read_text()

    fleet.start_worker()
    assert fleet.wait_until_finished()["done"] == DOCUMENTS


def test_a_document_that_kills_its_child_is_a_dead_letter_that_says_where_and_by_what(fleet: Any) -> None:
    settings, log = fleet.settings | {"max_attempts": 1, "lease_s": 60}, fleet.folder / "worker.log"
    Image.new("L", (POISON_WIDTH_PX, 20), 255).save(fleet.folder / "poison.png")

    with running(["bench.chaos_worker", "run", "--gpu", "cpu"], settings, log):
        fleet.submit(fleet.folder / "poison.png", engine="null", mode="off")
        assert fleet.wait_until_finished(55)["failed"] == 1, log.read_text()  # before any lease could lapse

    letter = json.loads(fleet.ocrfleet("dead", "show", "batch", "poison.png", "--json").stdout)
    assert (letter["attempts"], letter["node"]) == (1, "cpu@testhost")
    assert "killed by SIGKILL" in letter["reason"]
    assert "at page 1, stage ocr" in letter["reason"]
    assert letter["log"][-1] in letter["reason"]
    assert "log       " in fleet.ocrfleet("dead", "show", "batch", "poison.png").stdout
