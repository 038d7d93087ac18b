"""However a worker stops, its keeper and engine go with it, and no page is lost."""

import json
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from samples.stack import running, wait_for_line
from tests.drawn_page import draw_blanks

PAGES = 4


@pytest.fixture
def backlog(fleet: Any, draw_pdf: Callable[..., Path]) -> Path:
    """Three documents of four pages: more than a worker gets through before it is stopped, if it reads them by OCR."""
    fleet.settings |= {"pages_per_job": PAGES}
    for number in range(3):
        pages = [[f"Invoice {number}", f"Sheet {page}", "Totel: 12.00"] for page in range(PAGES)]
        draw_pdf(f"{number}.pdf", *pages)
    return fleet.folder / "documents"


def in_the_middle(fleet: Any) -> None:
    fleet.wait_until(lambda each: each["pages_done"] >= 2 and each["finished"] < each["documents"], 60)


def finish_with_a_new_worker(fleet: Any) -> None:
    fleet.start_worker()
    summary = fleet.wait_until_finished(180)
    assert (summary["done"], summary["pages_done"]) == (3, 3 * PAGES)
    assert attempts(fleet) == {1}


def attempts(fleet: Any) -> set[int]:
    """What a stop, or a death that is not theirs, has cost the documents: nothing, where it is one."""
    listing = json.loads(fleet.ocrfleet("status", "batch", "--json", "--documents").stdout)
    return {entry["attempts"] for entry in listing["entries"]}


@pytest.mark.parametrize(
    ("how", "soft_shutdown_s"),
    [(signal.SIGTERM, 10), (signal.SIGQUIT, 0), (signal.SIGQUIT, 5)],
    ids=["warm", "cold", "soft"],
)
def test_a_stopped_worker_frees_the_engine_and_another_finishes(
    fleet: Any, backlog: Path, how: signal.Signals, soft_shutdown_s: int
) -> None:
    worker = fleet.start_worker(soft_shutdown_s=soft_shutdown_s)
    fleet.submit(backlog, text_layer="ignore")
    in_the_middle(fleet)
    model = fleet.model_processes(worker)
    assert len(model) == 2

    worker.send_signal(how)

    assert worker.wait(60) == 0, fleet.logs()
    assert fleet.living_after(model, 2) == []
    finish_with_a_new_worker(fleet)


def test_a_killed_worker_takes_the_engine_along_within_two_seconds(fleet: Any, backlog: Path) -> None:
    worker = fleet.start_worker()
    fleet.submit(backlog, text_layer="ignore")
    in_the_middle(fleet)
    everything = fleet.model_processes(worker)
    assert len(everything) == 2

    worker.kill()

    assert fleet.living_after(everything, 2) == []
    finish_with_a_new_worker(fleet)


def test_a_killed_engine_is_replaced_and_its_page_asked_again(fleet: Any, backlog: Path) -> None:
    worker = fleet.start_worker()
    fleet.submit(backlog, text_layer="ignore")
    in_the_middle(fleet)

    fleet.engine_of(worker).kill()

    summary = fleet.wait_until_finished(180)
    assert (summary["done"], summary["failed"]) == (3, 0)
    assert attempts(fleet) == {1}
    assert worker.poll() is None


def test_the_model_is_freed_on_request_and_loaded_again_by_the_next_page(
    fleet: Any, draw_pdf: Callable[..., Path]
) -> None:
    worker = fleet.start_worker()
    engine = fleet.engine_of(worker)

    for _ in range(2):  # idempotent
        assert "freed" in fleet.ocrfleet_worker("free").stdout
    assert fleet.living_after([engine], 2) == []

    fleet.submit(draw_pdf("next.pdf", ["Invoic 7"]), text_layer="ignore")
    assert fleet.wait_until_finished()["done"] == 1
    assert fleet.engine_of(worker).pid != engine.pid


def test_a_drained_worker_ends_and_hands_back_what_it_has_not_done(fleet: Any, backlog: Path) -> None:
    fleet.settings |= {"redis_prefix": "second"}  # one of several fleets on this Redis
    worker = fleet.start_worker()
    fleet.submit(backlog, text_layer="ignore")
    in_the_middle(fleet)
    model = fleet.model_processes(worker)

    drained = fleet.ocrfleet_worker("drain", "cpu@testhost")

    assert "cpu@testhost: ended; its node is safe to switch off" in drained.stdout
    assert fleet.living_after(model, 0) == []
    assert worker.wait(10) == 0
    finish_with_a_new_worker(fleet)
    unknown = fleet.ocrfleet_worker("drain", "gpu9@nowhere", check=False)
    assert (unknown.returncode, "There are: cpu@testhost." in unknown.stderr) == (2, True)


def test_an_idle_engine_gives_its_memory_back(fleet: Any, draw_pdf: Callable[..., Path]) -> None:
    worker = fleet.start_worker(engine_idle_s=1)
    keeper = fleet.keeper_of(worker)

    deadline = time.monotonic() + 30
    while keeper.children():
        assert time.monotonic() < deadline, fleet.logs()
        time.sleep(0.1)

    fleet.submit(draw_pdf("next.pdf", ["Invoic 7"]), text_layer="ignore")
    assert fleet.wait_until_finished()["done"] == 1


@pytest.mark.prove
def test_a_rolling_restart_of_two_workers_under_load_loses_nothing(fleet: Any, tmp_path: Path) -> None:
    command = ["bench.chaos_worker", "run", "--gpu", "cpu", "--name"]  # a null page takes it half a second
    with ExitStack() as stack:

        def start(name: str, log: Path) -> subprocess.Popen[bytes]:
            worker = stack.enter_context(running([*command, name], fleet.settings, log))
            wait_for_line(log, " ready.", worker, 120)
            return worker

        workers = {name: start(name, tmp_path / f"{name}.log") for name in ("one", "two")}
        for number, (name, worker) in enumerate(workers.items(), 1):
            fleet.submit(draw_blanks(tmp_path / "documents", 200 * number), engine="null", mode="off")
            fleet.wait_until(lambda each: each["running"] == 2 and each["queued"] > 20, 60)
            drained = fleet.ocrfleet_worker("drain", f"{name}@testhost")
            assert f"{name}@testhost: ended; its node is safe to switch off" in drained.stdout
            assert worker.wait(10) == 0
            start(name, tmp_path / f"{name}-again.log")
        summary = fleet.wait_until_finished(180)

    assert (summary["done"], summary["failed"]) == (400, 0)
    logs = "\n".join(log.read_text() for log in tmp_path.glob("*.log"))
    ended = Counter(re.findall(r"document=(\w+) .*state=done", logs))
    assert (len(ended), set(ended.values())) == (400, {1})
    assert attempts(fleet) == {1}  # what was handed back has cost none
