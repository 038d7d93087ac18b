"""The ledger when Redis is away, full, shut or restarted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from jobs.errors import LedgerReadOnly, LedgerShut, LedgerUnavailable
from jobs.lease import Untold
from jobs.ledger import Ledger
from jobs.script import Scripts
from samples.local_redis import local_redis
from tests.ledger_steps import PIN, RECIPE, done, fill, take_next


def test_a_redis_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    with local_redis(tmp_path) as server:
        ledger = Ledger(server.url, prefix="test", lease_s=60, max_attempts=3)
        ledger.check()
        server.kill()
        with pytest.raises(LedgerUnavailable, match=rf"127\.0\.0\.1:{server.port}.*Is it running") as caught:
            ledger.check()
        assert server.password not in str(caught.value)
        server.restart()
        ledger.check()


def test_a_wrong_password_is_called_that(redis_url: str) -> None:
    address = redis_url.rsplit("@", 1)[1]
    ledger = Ledger(f"redis://:wrong-secret@{address}", prefix="test", lease_s=60, max_attempts=3)
    with pytest.raises(LedgerShut, match="password") as caught:
        ledger.check()
    assert "wrong-secret" not in str(caught.value)


@contextmanager
def full_memory(client: redis.Redis) -> Iterator[None]:
    client.config_set("maxmemory", 1)
    try:
        yield
    finally:
        client.config_set("maxmemory", 0)


def test_a_full_redis_is_told_what_to_do(ledger: Ledger, client: redis.Redis) -> None:
    with full_memory(client), pytest.raises(LedgerReadOnly, match=r"out of memory.*ocrfleet delete.*maxmemory"):
        ledger.create_batch("march", RECIPE, "backlog")


def test_a_full_redis_takes_the_end_of_what_was_begun_and_lets_batches_go(ledger: Ledger, client: redis.Redis) -> None:
    fill(ledger, "march", "a", "b", "c", "d")
    whole, long, back = (take_next(ledger) for _ in range(3))
    long = ledger.split(long, pages=3, parts=2, pin=PIN)
    with full_memory(client):
        ledger.renew(whole)
        ledger.finish(whole, outcome := done(whole))
        assert ledger.stored([Untold(batch="march", outcome=outcome)]) == []
        ledger.page_done(long, 1)
        assert not ledger.part_done(long)
        ledger.give_back(back)
        with pytest.raises(LedgerReadOnly):
            fill(ledger, "march", "e")
        assert ledger.cancel("march") == 3
        assert sum(len(chunk) for chunk in ledger.delete("march")) == 4
        assert ledger.batches() == []


def test_a_worker_lives_on_in_a_full_redis_which_takes_no_jobs(ledger: Ledger, client: redis.Redis) -> None:
    with full_memory(client):
        ledger.beat("node", 1)
        with pytest.raises(LedgerReadOnly):
            ledger.check_writes()
    ledger.check_writes()
    assert set(ledger.nodes()) == {"node"}


def test_a_database_that_redis_has_not_is_no_matter_of_its_version(redis_url: str) -> None:
    with pytest.raises(
        LedgerUnavailable, match=r"has no database of that number\. Correct the end of OCRFLEET_REDIS_URL"
    ):
        Ledger(f"{redis_url[:-1]}99", prefix="test", lease_s=60, max_attempts=3).check()


@pytest.mark.parametrize(
    ("said", "kind", "remedy"),
    [
        (
            "@user_script: 319: Lua script attempted to access a non local key in a cluster node",
            LedgerShut,
            "a cluster",
        ),
        ("max number of clients reached", LedgerUnavailable, "Raise its maxclients"),
    ],
)
def test_what_a_redis_says_that_is_set_up_otherwise_is_told_with_its_remedy(
    redis_url: str, said: str, kind: type[LedgerUnavailable], remedy: str
) -> None:
    with pytest.raises(kind, match=remedy), Scripts(redis_url, "test").connection():
        raise redis.ResponseError(said)


def test_a_replica_is_told_from_a_primary(ledger: Ledger, client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(LedgerUnavailable, match="primary"):
            ledger.create_batch("march", RECIPE, "backlog")
    finally:
        client.replicaof("NO", "ONE")


def test_a_restart_of_redis_loses_nothing(tmp_path: Path) -> None:
    with local_redis(tmp_path, append_only=True) as server:
        ledger = Ledger(server.url, prefix="test", lease_s=60, max_attempts=3)
        fill(ledger, "march", *(str(number) for number in range(50)))
        lease = ledger.split(take_next(ledger), pages=9, parts=2, pin=PIN)
        before = (ledger.batch("march"), ledger.documents("march"))
        server.restart()
        assert (ledger.batch("march"), ledger.documents("march")) == before
        ledger.renew(lease)
        assert len(ledger.dispatch("backlog", 100)) == 50
