"""Ledgers and fleets on the test's own Redis."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from jobs.ledger import Ledger
from producer import cli
from producer.fleet import Fleet
from tests.conftest import MakeSettings
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


@pytest.fixture
def fleet(settings: MakeSettings) -> Fleet:
    """A store and a ledger of the test's own."""
    return Fleet.open(settings())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a user's documents lie."""
    folder = tmp_path / "scans"
    folder.mkdir()
    return folder


@pytest.fixture
def ocrfleet(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command on the fleet, in this process: status, standard output, standard error."""
    monkeypatch.setenv("OCRFLEET_REDIS_URL", fleet.settings.redis_url.get_secret_value())
    monkeypatch.setenv("OCRFLEET_STORE_URL", fleet.settings.store_url)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ocrfleet", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, *capsys.readouterr()

    return run
