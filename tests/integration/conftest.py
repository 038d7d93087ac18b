"""Ledgers on the test's own Redis."""

from collections.abc import Iterator

import pytest
import redis

from jobs.ledger import Ledger
from tests.ledger_steps import MAX_ATTEMPTS, SHORT_S


@pytest.fixture
def ledger(redis_url: str) -> Ledger:
    return Ledger(redis_url, prefix="test", lease_s=60, max_attempts=MAX_ATTEMPTS)


@pytest.fixture
def hasty(redis_url: str) -> Ledger:
    """The same ledger, with leases that lapse while a test waits."""
    return Ledger(redis_url, prefix="test", lease_s=SHORT_S, max_attempts=MAX_ATTEMPTS)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client
