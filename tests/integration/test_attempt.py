"""One attempt when something goes wrong in it: what the ledger and the log hear of it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import redis
from PIL import Image

from jobs.contract import Job
from jobs.entry import read_job
from jobs.errors import StoreUnavailable
from jobs.lease import Untold
from jobs.result import Outcome
from jobs.store import Store
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import submit_files
from samples.local_redis import LocalRedis, local_redis
from tests.worker_steps import worker
from workers.job import attempt
from workers.job.drain import Drain
from workers.job.note import Notes
from workers.job.outcome import tell
from workers.job.resources import Resources
from workers.llm.echo import EchoModel
from workers.ocr import OcrLine, PageImage
from workers.ocr.null import NullEngine

TEXT = "Total 1.234,56 EUR"


class Trap(NullEngine):
    """An engine that does something before it reads."""

    def __init__(self, spring: Callable[[], None]) -> None:
        self._spring = spring

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        self._spring()
        return super().read(page)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalRedis]:
    with local_redis(tmp_path / "redis", append_only=True) as server:
        yield server


@pytest.fixture
def run(server: LocalRedis, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fleet]:
    """Attempt one document, with something sprung on it while it is read."""

    def run(spring: Callable[[], None], **changes: Any) -> Fleet:
        made = settings(redis_url=server.url, **changes)
        fleet = Fleet.open(made)
        Image.new("L", (50, 50), 255).save(tmp_path / "a.png")
        files = take_in(walk([str(tmp_path / "a.png")]), 1 << 20)
        for _ in submit_files(fleet, "march", Wish(engine="null", mode="off"), files):
            pass
        monkeypatch.setattr("workers.job.resources.open_engine", lambda *_: Trap(spring))
        resources = Resources(
            made, node="node", model=EchoModel(), send=lambda *_: None, drain=Drain(), note=Notes(1).open(0)
        )
        (entry,) = fleet.documents("march")
        attempt.run(Job(batch="march", document=entry.document), resources)
        resources.close()
        return fleet

    return run


def test_an_unexpected_error_is_named_without_the_page_that_it_quotes(
    run: Callable[..., Fleet], caplog: pytest.LogCaptureFixture
) -> None:
    def spring() -> None:
        raise ValueError(f"can't parse {TEXT}")

    with caplog.at_level(logging.DEBUG):
        fleet = run(spring, max_attempts=1)

    (letter,) = fleet.ledger.dead_letters("march")
    assert letter.reason.startswith("Unexpected ValueError in spring (test_attempt.py:")
    assert TEXT not in letter.reason
    assert TEXT not in caplog.text


def test_a_file_over_the_worker_s_own_bound_is_refused_unread(run: Callable[..., Fleet]) -> None:
    fleet = run(lambda: pytest.fail("it was read"), max_file_bytes=50)

    (letter,) = fleet.ledger.dead_letters("march")
    assert letter.reason.startswith("DocumentTooLarge: The file has")
    assert "the bound is 50. Split it, or raise OCRFLEET_MAX_FILE_BYTES" in letter.reason


def test_a_page_that_takes_longer_than_a_lease_keeps_it(run: Callable[..., Fleet], server: LocalRedis) -> None:
    def outlast_the_lease() -> None:
        with redis.Redis.from_url(server.url) as client:
            (first,), until = lapses_ms(client), time.monotonic() + 30
            while lapses_ms(client) < [first + 3_000]:  # three leases on; none: it lapsed
                assert lapses_ms(client) and time.monotonic() < until
                time.sleep(0.05)

    fleet = run(outlast_the_lease, lease_s=1)

    (entry,) = fleet.documents("march")
    assert (entry.state, entry.attempts) == ("done", 1)


def lapses_ms(client: Any) -> list[float]:
    """When the leases lapse that there are."""
    return [score for _, score in client.zrange("ocrfleet:queue:backlog:leased", 0, -1, withscores=True)]


def test_an_outage_of_redis_costs_no_attempt_and_shows_no_page(
    server: LocalRedis, run: Callable[..., Fleet], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "TELL_AGAIN_S", 0.05)
    monkeypatch.setattr(attempt, "OUTAGE_WAIT_S", 0.05)
    back = threading.Event()

    def restart_when_missed() -> None:
        deadline = time.monotonic() + 30
        while "Waits to say" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        server.restart()
        back.set()

    def spring() -> None:
        server.kill()
        threading.Thread(target=restart_when_missed).start()

    with caplog.at_level(logging.WARNING):
        fleet = run(spring)

    assert back.wait(30)
    (entry,) = fleet.documents("march")
    assert (entry.state, entry.attempts) == ("queued", 0)


def test_a_cold_stop_while_redis_is_away_ends_the_child(server: LocalRedis, run: Callable[..., Fleet]) -> None:
    def stop() -> None:
        server.kill()
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        run(stop)


def test_a_worker_that_lost_its_lease_writes_no_outcome_over_its_successors(
    server: LocalRedis, run: Callable[..., Fleet], settings: Any
) -> None:
    fleet = Fleet.open(settings(redis_url=server.url))

    def spring() -> None:
        job = _lapsed(server)
        lease = fleet.ledger.take(job, "successor")
        assert lease is not None
        outcome = Outcome(document=job.document, state="failed", reason="CorruptDocument: damaged")
        fleet.ledger.finish(lease, outcome)
        tell(fleet.store, fleet.ledger, [Untold(batch="march", outcome=outcome)])

    run(spring)

    (entry,) = fleet.documents("march")
    outcome = fleet.store.get_outcome("march", entry.document)
    assert outcome is not None
    assert outcome.state == entry.state == "failed"


def test_a_document_that_is_deleted_while_it_is_read_leaves_nothing(
    server: LocalRedis, run: Callable[..., Fleet], settings: Any
) -> None:
    fleet = Fleet.open(settings(redis_url=server.url))

    def spring() -> None:
        for dropped in chain.from_iterable(fleet.ledger.delete("march")):
            fleet.store.delete_document(dropped.document)
        fleet.store.delete_batch("march")

    run(spring)

    store = Path(fleet.settings.store_url)
    assert [path for path in store.rglob("*") if path.is_file()] == []


def test_what_the_store_could_not_be_told_it_is_told_by_a_pulse(
    server: LocalRedis, run: Callable[..., Fleet], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Store, "put_outcome", _away)
        fleet = run(lambda: None, lease_s=0.3)

    (entry,) = fleet.documents("march")
    assert entry.state == "done"
    assert fleet.store.get_outcome("march", entry.document) is None
    deadline = time.monotonic() + 10
    while not (untold := fleet.ledger.reconcile({}).untold):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    tell(fleet.store, fleet.ledger, untold)
    outcome = fleet.store.get_outcome("march", entry.document)
    assert outcome is not None
    assert (outcome.state, outcome.fingerprint, outcome.pages) == ("done", entry.fingerprint, 1)
    assert fleet.ledger.untold() == 0


def _lapsed(server: LocalRedis) -> Job:
    """Let the one lease that there is lapse, as if its worker were frozen."""
    with redis.Redis.from_url(server.url) as client:
        (member,) = client.zrange("ocrfleet:queue:backlog:leased", 0, -1)  # type: ignore[misc]
        client.zadd("ocrfleet:queue:backlog:leased", {member: 1})
    return read_job(member)


def _away(*_: object) -> None:
    raise StoreUnavailable


def test_quick_jobs_that_are_due_are_done_under_one_message(fleet_of_eleven: Callable[..., str]) -> None:
    assert fleet_of_eleven(stay_s=60) == "4 done"  # eight were sent


def test_a_slow_job_is_the_only_one_of_its_message(fleet_of_eleven: Callable[..., str]) -> None:
    assert fleet_of_eleven(stay_s=0) == "done"


def test_a_worker_that_drains_begins_no_further_job(fleet_of_eleven: Callable[..., str]) -> None:
    assert fleet_of_eleven(stay_s=60, drain=True) == "handed back"


@pytest.fixture
def fleet_of_eleven(settings: Any, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Submit eleven documents and attempt the first."""
    made = settings()
    fleet, resources = Fleet.open(made), worker(made)
    for shade in range(11):
        Image.new("L", (50, 50), shade).save(tmp_path / f"{shade:02}.png")
    files = take_in(walk([str(path) for path in sorted(tmp_path.glob("*.png"))]), 1 << 20)
    list(submit_files(fleet, "march", Wish(engine="null", mode="off"), files))
    first = next(fleet.documents("march"))

    def run(*, stay_s: float, drain: bool = False) -> str:
        if drain:
            resources.drain.begin()
        return attempt.run(Job(batch="march", document=first.document), resources, stay_s=stay_s)

    yield run
    assert fleet.ledger.untold() == 0
    outcomes = {outcome.document for outcome in fleet.store.outcomes("march")}
    assert outcomes == {entry.document for entry in fleet.documents("march", "done")}
    resources.close()
