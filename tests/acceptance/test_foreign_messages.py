"""Whatever lies in the queues, a worker goes on, says what it refused, and meets none of it again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import redis

from tests.unit.test_gate import BAD, CANARY


def test_a_worker_outlives_every_message_that_is_none(
    fleet: Any, redis_url: str, draw_pdf: Callable[..., Path]
) -> None:
    messages = [*BAD.values(), b'"' + 20_000_000 * b"x" + b'"']
    with redis.Redis.from_url(redis_url) as client:
        worker = fleet.start_worker(engine="null")
        client.lpush("backlog", *messages)
        client.lpush("urgent", *messages)

        fleet.submit(draw_pdf("one.pdf", ["Invoice 1"]), mode="off")
        assert fleet.wait_until_finished()["done"] == 1

        client.client_kill_filter(_type="normal", skipme=True)  # the gate stands again after a reconnect
        client.lpush("backlog", messages[0])
        fleet.submit(draw_pdf("two.pdf", ["Invoice 2"]), mode="off")
        assert fleet.wait_until_finished()["done"] == 2

        assert worker.poll() is None
        assert psutil.Process(worker.pid).memory_info().rss < 1 << 30
        assert (client.llen("backlog"), client.llen("urgent"), client.hlen("unacked")) == (0, 0, 0)
    (log,) = fleet.whole_logs()
    refused = [log.count(f"Refused a message in {queue}") for queue in ("backlog", "urgent")]
    assert refused == [len(messages) + 1, len(messages)]
    assert CANARY not in log
