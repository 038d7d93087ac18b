"""Flower shows the workers by name and their tasks, to who has the password, and agrees with the ledger."""

import json
import re
import time
import urllib.error
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.agreement import ask
from jobs.store import Store
from samples.stack import running, running_flower, wait_for_line
from tests.drawn_page import draw_blanks


def poll(get: Callable[[], Any], met: Callable[[Any], bool], timeout_s: float = 30) -> Any:
    deadline = time.monotonic() + timeout_s
    while not met(value := get()):
        assert time.monotonic() < deadline, value
        time.sleep(0.3)
    return value


def test_flower_shows_the_worker_and_its_tasks(fleet: Any, draw_pdf: Callable[..., Path], tmp_path: Path) -> None:
    with running_flower(fleet.settings, tmp_path / "flower.log") as flower:
        fleet.start_worker()
        fleet.submit(draw_pdf("one.pdf", ["Invoice 1"]))
        fleet.wait_until_finished()

        workers = poll(lambda: ask(flower, "/api/workers?refresh=1"), lambda found: "cpu@testhost" in found)
        tasks = poll(
            lambda: ask(flower, "/api/tasks"), lambda found: any(t["state"] == "SUCCESS" for t in found.values())
        )

    assert {queue["name"] for queue in workers["cpu@testhost"]["active_queues"]} == {"urgent", "backlog"}
    (task,) = (task for task in tasks.values() if task["state"] == "SUCCESS")
    assert task["name"] == "ocrfleet.process"
    assert task["worker"] == "cpu@testhost"
    assert "one.pdf" not in json.dumps(task)  # ids only, no names and no text


def test_flower_asks_for_the_password(fleet: Any, tmp_path: Path) -> None:
    with (
        running_flower(fleet.settings, tmp_path / "flower.log") as flower,
        pytest.raises(urllib.error.HTTPError, match="401"),
    ):
        ask(flower, "/api/workers", password="wrong")


@pytest.mark.prove
def test_flower_ledger_and_store_agree_after_a_kill_and_a_retry(fleet: Any, tmp_path: Path) -> None:
    documents = draw_blanks(tmp_path / "documents", 12)
    (documents / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 200)
    command = ["bench.chaos_worker", "run", "--gpu", "cpu", "--name"]  # a null page takes it half a second
    with ExitStack() as stack:
        flower = stack.enter_context(running_flower(fleet.settings, tmp_path / "flower.log"))
        logs = [tmp_path / f"{name}.log" for name in ("one", "two")]
        one, two = (stack.enter_context(running([*command, log.stem], fleet.settings, log)) for log in logs)
        for worker, log in zip((one, two), logs, strict=True):
            wait_for_line(log, " ready.", worker, 90)
        fleet.submit(documents, engine="null", mode="off")
        fleet.wait_until(lambda each: each["done"] >= 3, 60)
        one.kill()
        stack.enter_context(running([*command, "one"], fleet.settings, tmp_path / "again.log"))
        fleet.wait_until_finished(120)
        fleet.ocrfleet("retry", "batch")
        summary = fleet.wait_until_finished(60)
        # 14 jobs, but for those that the killed one ended and could not report: two a child, within a second
        tasks = poll(lambda: ask(flower, "/api/tasks?limit=1000").values(), lambda found: jobs_of(found) >= 10)
        workers = poll(lambda: ask(flower, "/api/workers?refresh=1"), lambda found: len(found) == 2, 90)

    assert (summary["done"], summary["failed"]) == (12, 1)
    assert set(workers) == {"one@testhost", "two@testhost"}
    listing = json.loads(fleet.ocrfleet("status", "batch", "--json", "--documents").stdout)["entries"]
    ledger = {entry["document"]: entry for entry in listing}
    store = {outcome.document: outcome.state for outcome in Store(str(fleet.settings["store_url"])).outcomes("batch")}
    assert store == {document: entry["state"] for document, entry in ledger.items()}
    # Every success is an attempt at a document that the ledger knows, by a worker that lives, and none counts twice
    attempts = [task for task in tasks if jobs_of([task])]
    assert all(ledger[document_of(task)]["attempts"] >= 1 for task in attempts)
    assert {task["worker"] for task in attempts} <= set(workers)
    assert (
        jobs_of(tasks) <= sum(entry["attempts"] for entry in listing) + 1
    )  # `retry` forgets the first at the broken one


def jobs_of(tasks: Iterable[dict[str, Any]]) -> int:
    """The jobs that successes stand for: 'done', '3 done, 1 failed', or none where the message found nothing to do."""
    results = [task["result"] for task in tasks if task["state"] == "SUCCESS" and task["result"] != "'stepped aside'"]
    return sum(sum(map(int, re.findall(r"\d+", result))) or 1 for result in results)


def document_of(task: dict[str, Any]) -> str:
    match = re.search(r"'document': '([0-9a-f]{64})'", task["args"])
    assert match, task
    return match[1]
