"""A worker's pulse where Redis' memory is full."""

import logging
from unittest.mock import NonCallableMock

import pytest
import redis

from config.celery_app import make_app
from jobs.ledger import Ledger
from tests.conftest import MakeSettings
from workers.job.drain import Drain
from workers.node.namesake import Namesake
from workers.node.pulse import Pulse


def test_a_pulse_in_a_full_redis_shows_that_the_worker_lives_and_says_what_is_wrong(
    settings: MakeSettings, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = settings()
    ledger, namesake = Ledger.of(made), Namesake(lambda _: None)
    parts = {name: NonCallableMock() for name in Pulse.__dataclass_fields__}
    real = {"app": make_app(made), "ledger": ledger, "namesake": namesake, "drain": Drain()}
    pulse = Pulse(**{**parts, **real, "node": "cpu@a", "concurrency": 1})
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            with caplog.at_level(logging.WARNING):
                pulse.beat()
        finally:
            client.config_set("maxmemory", 0)

    assert set(ledger.nodes()) == {"cpu@a"}
    assert "No pulse: Redis at" in caplog.text and "is out of memory" in caplog.text
