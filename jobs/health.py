"""Redis' health, as it says itself: how it keeps what it has, what it does when full, what its clock says."""

import time

from config.settings import Settings
from jobs.contract import Frozen
from jobs.script import Scripts


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
