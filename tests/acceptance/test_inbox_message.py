"""A message of another application is all that the fleet knows of its document: it outlives a store that is away."""

import time
from pathlib import Path

import pytest
import redis
from celery import Celery

from tests.acceptance.conftest import Fleet
from tests.drawn_page import draw_blanks


@pytest.mark.prove
def test_a_message_whose_inbox_is_not_mounted_waits_for_it(fleet: Fleet, redis_url: str, tmp_path: Path) -> None:
    fleet.start_worker("--engine", "null")
    with Celery(broker=redis_url) as app:
        app.send_task("ocrfleet.process", [{"version": 1, "inbox": "00.png"}], queue="backlog")
    deadline = time.monotonic() + 30
    while "Hands a message back: WrongStore" not in fleet.logs():
        assert time.monotonic() < deadline, fleet.logs()
        time.sleep(0.1)

    (page,) = draw_blanks(tmp_path / "documents", 1).iterdir()
    (tmp_path / "store" / "inbox").mkdir()
    page.rename(tmp_path / "store" / "inbox" / "00.png")

    deadline = time.monotonic() + 60
    while "Job done" not in fleet.logs():
        assert time.monotonic() < deadline, fleet.logs()
        time.sleep(0.1)
    assert fleet.wait_until_finished(batch="inbox")["done"] == 1
    with redis.Redis.from_url(redis_url) as client:
        assert (client.llen("backlog"), client.hlen("unacked")) == (0, 0)
