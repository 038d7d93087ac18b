"""Flower shows the workers by name and their tasks, to who has the password."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samples.stack import Flower, running_flower


def ask(flower: Flower, path: str, *, password: str | None = None) -> Any:
    request = urllib.request.Request(flower.url + path)
    secret = base64.b64encode(f"{flower.user}:{password or flower.password}".encode()).decode()
    request.add_header("Authorization", f"Basic {secret}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


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
