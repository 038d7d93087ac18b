"""Looks at Redis and the store."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from jobs.errors import OcrFleetError, UsageError
from jobs.health import RedisHealth, check_store, examine_redis
from jobs.ledger import Ledger
from jobs.store import Store
from workers.doctor.finding import Finding, ok
from workers.machine.temporary import check_work_dir

#: Leases are by Redis' clock alone; what people read (created, died) is off by this much.
MOST_CLOCK_DIFFERENCE_S = 2.0
LEAST_STORE_MIB = 5120
NEARLY_FULL = 0.9
MIB = 1 << 20


def examine_places(settings: Settings) -> Iterator[Finding]:
    """Look at where jobs and documents are kept."""
    try:
        health = examine_redis(settings)
    except OcrFleetError as error:
        yield _trouble("redis", error)
        yield _store(settings)
    else:
        yield from _redis(health)
        yield _store(settings, Ledger.of(settings))
    if folder := _folder(settings.store_url):
        yield _space(folder)


def examine_work_dir(settings: Settings) -> Finding:
    """Look at where sockets and temporary files of a worker live."""
    try:
        check_work_dir(settings.work_dir)
    except UsageError as error:
        return Finding("work dir", "error", str(error), "Correct OCRFLEET_WORK_DIR.")
    return ok("work dir", "can be written to")


def _redis(health: RedisHealth) -> Iterator[Finding]:
    limit = f"{health.limit_bytes // MIB} MiB" if health.limit_bytes else "no limit"
    text = f"{health.version}, {health.used_bytes // MIB} MiB of {limit}"
    recent = tuple(int(part) for part in health.version.split(".")[:2]) >= (6, 2)
    yield ok("redis", text) if recent else Finding("redis", "error", text, "Run Redis 6.2 or later.")
    if health.append_only:
        yield ok("redis disk", "every write goes to disk")
    else:
        yield Finding("redis disk", "warning", "a restart loses jobs", "Set appendonly yes, as config/redis.conf does.")
    yield _memory(health)
    yield _clock(health.clock_difference_s)


def _memory(health: RedisHealth) -> Finding:
    if health.policy != "noeviction":
        mend = "Set maxmemory-policy noeviction, as config/redis.conf does."
        return Finding("redis memory", "error", f"{health.policy}: throws jobs away when it is full", mend)
    if health.limit_bytes and health.used_bytes > NEARLY_FULL * health.limit_bytes:
        mend = "Delete batches (ocrfleet delete BATCH), or raise maxmemory in its configuration."
        return Finding("redis memory", "warning", "nearly full: then it takes no more jobs", mend)
    return ok("redis memory", "noeviction: nothing is thrown away when it is full")


def _clock(difference_s: float) -> Finding:
    text = f"{abs(difference_s):.1f} s from Redis' clock"
    if abs(difference_s) <= MOST_CLOCK_DIFFERENCE_S:
        return ok("clock", text)
    return Finding("clock", "warning", text, "Let both machines take their time from one server (NTP).")


def _store(settings: Settings, ledger: Ledger | None = None) -> Finding:
    try:
        store = Store(settings.store_url)
        store.check()
        if ledger:
            check_store(store, ledger)
    except OcrFleetError as error:
        return _trouble("store", error)
    return ok("store", f"{store.address} can be written to{'' if store.batches() else ', and is empty'}")


def _trouble(topic: str, error: OcrFleetError) -> Finding:
    """An error ends with what mends it."""
    cause, _, mend = str(error).partition(". ")
    return Finding(topic, "error", cause, mend)


def _space(folder: Path) -> Finding:
    try:
        free_mib = shutil.disk_usage(folder).free // MIB
    except OSError:  # the store's own finding says why
        return Finding("store space", "warning", "can't be told", "Correct OCRFLEET_STORE_URL.")
    text = f"{free_mib} MiB free"
    if free_mib >= LEAST_STORE_MIB:
        return ok("store space", text)
    return Finding("store space", "warning", text, "Make room, or delete batches: ocrfleet delete BATCH")


def _folder(url: str) -> Path | None:
    path = url.removeprefix("file://")
    return None if "://" in path else Path(path)
