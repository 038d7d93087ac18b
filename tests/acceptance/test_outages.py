"""The store or Redis is away for minutes, full, or read-only: jobs wait, the worker recovers by itself and goes on."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from samples.local_redis import local_redis
from samples.stack import wait_for_line
from tests.acceptance.conftest import Fleet
from tests.drawn_page import draw_blanks
from tests.small_disk import Disk, small_disk

#: Longer than Redis' clients, Celery and a lease wait for anything.
AWAY_S = 75.0
NULL = {"engine": "null", "mode": "off"}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def entries(fleet: Fleet, batch: str = "batch") -> list[dict[str, Any]]:
    return list(json.loads(fleet.ocrfleet("status", batch, "--documents", "--json").stdout)["entries"])


def wait_until_one_waits_for_the_store(fleet: Fleet) -> None:
    deadline = time.monotonic() + 60
    while "StoreUnavailable" not in str(entries(fleet)):
        assert time.monotonic() < deadline, fleet.logs()
        time.sleep(0.2)


def fill(disk: Disk) -> Callable[[], None]:
    disk.fill()
    return disk.free


def write_protect(disk: Disk) -> Callable[[], None]:
    disk.let_write(False)
    return lambda: disk.let_write(True)


@pytest.mark.prove
@pytest.mark.parametrize(("trouble", "remedy"), [(fill, "Make room"), (write_protect, "OCRFLEET_STORE_URL")])
def test_a_store_that_takes_nothing_costs_no_attempt_and_no_worker(
    fleet: Fleet, disk: Disk, tmp_path: Path, trouble: Callable[[Disk], Callable[[], None]], remedy: str
) -> None:
    fleet.settings["store_url"] = disk.path / "store"
    worker = fleet.start_worker()
    process = psutil.Process(worker.pid)

    process.suspend()  # until the documents are in the store
    fleet.submit(draw_blanks(tmp_path / "documents", 20), **NULL)
    mend = trouble(disk)
    process.resume()
    wait_until_one_waits_for_the_store(fleet)
    refused = fleet.ocrfleet("submit", str(draw_blanks(tmp_path / "more", 30)), "--batch", "batch", check=False)
    mend()

    assert (refused.returncode, remedy in refused.stderr) == (4, True), refused
    assert fleet.wait_until_finished(180)["done"] == 20
    assert {entry["attempts"] for entry in entries(fleet)} == {1}
    fleet.submit(tmp_path / "more", **NULL)
    assert fleet.wait_until_finished(180)["done"] == 30  # 20 of them are the same
    assert worker.poll() is None


@pytest.mark.prove
def test_a_store_that_is_away_for_more_than_a_minute_costs_no_attempt(fleet: Fleet, tmp_path: Path) -> None:
    worker = fleet.start_worker()
    psutil.Process(worker.pid).suspend()
    fleet.submit(draw_blanks(tmp_path / "documents", 20), **NULL)
    store, away = tmp_path / "store", tmp_path / "away"
    store.rename(away)
    store.write_text("a disk that is not mounted")
    psutil.Process(worker.pid).resume()
    time.sleep(AWAY_S)
    store.unlink()
    away.rename(store)

    assert fleet.wait_until_finished(120)["done"] == 20
    assert {entry["attempts"] for entry in entries(fleet)} == {1}
    assert worker.poll() is None


def test_a_worker_waits_while_redis_is_out_of_memory_and_goes_on_after_a_delete(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(local_redis(tmp_path / "redis"))
        fleet = stack.enter_context(closing(Fleet(server.url, tmp_path)))
        client = stack.enter_context(redis.Redis.from_url(server.url))
        fleet.submit(draw_blanks(tmp_path / "documents", 200), **NULL)
        fleet.submit(draw_blanks(tmp_path / "documents", 400), batch="old", **NULL)
        worker = fleet.start_worker("--engine", "null", redis_url=server.url)
        fleet.wait_until(lambda each: each["done"] > 0, 60)
        client.config_set("maxmemory", 1)
        wait_for_line(tmp_path / "worker-0.log", "Waits: Redis", worker, 60)

        refused = fleet.ocrfleet("submit", str(tmp_path / "documents"), "--batch", "more", check=False)
        assert (refused.returncode, "maxmemory" in refused.stderr) == (4, True)
        fleet.ocrfleet("delete", "old", "--yes")
        client.config_set("maxmemory", 0)

        assert fleet.wait_until_finished(120)["done"] == 200
        assert {entry["attempts"] for entry in entries(fleet)} == {1}
        assert worker.poll() is None
        # kombu tells of a refused timer of its own with a traceback, and retries: none of ours may stand in one
        assert not re.search(r'File "[^"]*/workers/', fleet.whole_logs()[0])


@pytest.mark.prove
def test_workers_go_on_after_redis_was_away_for_more_than_a_minute(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(local_redis(tmp_path / "redis", append_only=True))
        fleet = stack.enter_context(closing(Fleet(server.url, tmp_path)))
        workers = [fleet.start_worker("--name", name) for name in ("one", "two")]
        fleet.submit(draw_blanks(tmp_path / "documents", 400), **NULL)
        server.kill()
        time.sleep(AWAY_S)
        server.restart()

        assert fleet.wait_until_finished(180)["done"] == 400
        fleet.submit(draw_blanks(tmp_path / "after", 500), batch="after", **NULL)
        assert fleet.wait_until_finished(180, batch="after")["done"] == 500
        for log in fleet.whole_logs():  # both of them, each by itself
            assert "batch=after" in log
        assert [worker.poll() for worker in workers] == [None, None]
