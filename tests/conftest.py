"""What all tests share: a real Redis, and settings that know nothing of this machine."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from config.settings import Settings
from samples.local_redis import LocalRedis, local_redis

MakeSettings = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OCRFLEET_{name.upper()}", raising=False)


@pytest.fixture(autouse=True)
def _no_level_of_another_test() -> Iterator[None]:
    """A command that is called in this process sets the level of all logging, and a later test would miss a warning."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedis]:
    """One server for the whole session. A test that kills or restarts one starts its own with `local_redis`."""
    with local_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: LocalRedis) -> str:
    """The address of an empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> MakeSettings:
    """Make settings with a store of the test's own and an empty Redis; Redis starts only for who needs it."""

    def make(**changes: Any) -> Settings:
        if "redis_url" not in changes:
            changes["redis_url"] = request.getfixturevalue("redis_url")
        places = {"store_url": str(tmp_path / "store"), "work_dir": tmp_path}
        return Settings(_env_file=None, **{**places, **changes})

    return make
