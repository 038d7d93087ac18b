"""The whole system on a Redis that speaks TLS only, wants our certificate and lets us do no more than we must."""

import hashlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from samples.local_redis import LocalRedis, local_redis
from samples.stack import running_flower
from tests.acceptance.test_flower import ask, poll
from tests.tls_redis import make_tls

PASSWORD = "s3cret-of-the-acl-user"
USERS = Path(__file__).parents[2] / "config" / "redis-users.acl"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalRedis]:
    with local_redis(tmp_path / "redis", tls=make_tls(tmp_path / "pem", asks_for_ours=True)) as server:
        yield server


def connect(server: LocalRedis, user: str, password: str) -> redis.Redis:
    assert server.tls
    pem = server.tls.folder
    return redis.Redis(
        host="127.0.0.1",
        port=server.port,
        username=user,
        password=password,
        ssl=True,
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        ssl_ca_certs=str(pem / "ca.pem"),
        ssl_certfile=str(pem / "client.pem"),
        ssl_keyfile=str(pem / "client.key"),
    )


def add_user(server: LocalRedis) -> redis.Redis:
    """Add the user of config/redis-users.acl, as docs/operations.md says. Returns an administrator's connection."""
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    _, name, *rules = USERS.read_text().replace("SHA256-OF-THE-PASSWORD", digest).split()
    admin = connect(server, "default", server.password)
    admin.execute_command("ACL", "SETUSER", name, *rules)
    return admin


def test_the_whole_system_works_over_tls_as_the_least_user(
    fleet: Any, server: LocalRedis, draw_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    admin, pem = add_user(server), tmp_path / "pem"
    fleet.settings |= {
        "redis_url": f"rediss://ocrfleet:{PASSWORD}@127.0.0.1:{server.port}/0",
        "redis_ca_path": pem / "ca.pem",
        "redis_cert_path": pem / "client.pem",
        "redis_key_path": pem / "client.key",
        "pages_per_job": 1,
    }
    with running_flower(fleet.settings, tmp_path / "flower.log") as flower:
        fleet.start_worker()
        fleet.submit(draw_pdf("one.pdf", ["Invoice 1"], ["Total 10.00"]), engine="null")
        assert fleet.wait_until_finished()["done"] == 1
        poll(lambda: ask(flower, "/api/workers?refresh=1"), lambda found: "cpu@testhost" in found)
        poll(lambda: ask(flower, "/api/tasks"), lambda found: any(t["state"] == "SUCCESS" for t in found.values()))
        assert {queue["name"] for queue in ask(flower, "/api/queues/length")["active_queues"]} == {"urgent", "backlog"}
        assert "freed" in fleet.ocrfleet_worker("free").stdout
        for command in (["results", "batch", "--out", str(tmp_path / "out")], ["delete", "batch", "--yes"], ["status"]):
            fleet.ocrfleet(*command)
        assert "safe to switch off" in fleet.ocrfleet_worker("drain").stdout

    # Nothing was refused but redis-py's own introduction, CLIENT SETINFO, which it sends on and does not miss
    assert {each["object"].split("|")[0] for each in admin.acl_log()} <= {"client"}
    shown = fleet.logs() + (tmp_path / "flower.log").read_text()
    assert PASSWORD not in shown


def test_the_least_user_reaches_nothing_of_anybody_else(server: LocalRedis) -> None:
    admin = add_user(server)
    admin.set("another-application", "secret")
    user = connect(server, "ocrfleet", PASSWORD)

    user.set("ocrfleet:own", 1)
    for command in (
        ["GET", "another-application"],
        ["EVAL", "return redis.call('GET', 'another-application')", 0],
        ["SUBSCRIBE", "another-channel"],
        ["KEYS", "*"],
        ["SCAN", 0],
        ["FLUSHALL"],
        ["CONFIG", "GET", "requirepass"],
        ["ACL", "LIST"],
        ["MONITOR"],
        ["SHUTDOWN"],
    ):
        with pytest.raises(redis.ResponseError, match=r"(?i)permission|can't (run|access)|NOPERM"):
            user.execute_command(*command)
