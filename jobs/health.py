"""Whether Redis and the store are fit for a fleet, each by itself and both together."""

import time

from config.settings import Settings
from jobs.contract import Frozen
from jobs.ledger import Ledger
from jobs.script import Scripts
from jobs.store import Store

#: Batches, the newest first, of which a store is to have one that is unfinished.
LOOKED_FOR = 100


class RedisHealth(Frozen):
    """What matters of a Redis that holds a ledger."""

    version: str
    append_only: bool  # every write goes to its disk
    policy: str  # what it does when its memory is full
    used_bytes: int
    limit_bytes: int  # 0: none of its own
    clock_difference_s: float  # its clock less ours, as far as an answer's way lets one tell


def examine_redis(settings: Settings) -> RedisHealth:
    """Ask Redis.

    Raises:
        LedgerUnavailable: it does not answer or does not let us.
    """
    scripts = Scripts(settings.redis_url.get_secret_value(), settings.redis_prefix, settings.redis_tls)
    with scripts.connection() as redis:
        facts = redis.info()
        asked_s = time.time()
        seconds, microseconds = redis.time()
        answered_s = time.time()
    return RedisHealth(
        version=str(facts["redis_version"]),
        append_only=bool(facts.get("aof_enabled")),
        policy=str(facts.get("maxmemory_policy", "unknown")),
        used_bytes=int(facts.get("used_memory", 0)),
        limit_bytes=int(facts.get("maxmemory", 0)),
        clock_difference_s=seconds + microseconds / 1e6 - (asked_s + answered_s) / 2,
    )


def check_store(store: Store, ledger: Ledger) -> None:
    """Make sure that a store is the one that the fleet works on: it knows a batch that the ledger says is unfinished.

    A ledger without work tells nothing.

    Raises:
        WrongStore: it knows none of them.
        LedgerUnavailable: Redis does not answer.
    """
    newest = ledger.batches(0, LOOKED_FOR)
    unfinished = [summary.batch for summary in newest if summary.finished < summary.documents]
    if unfinished and not any(map(store.has_batch, unfinished)):
        store.check_batch(unfinished[0])
