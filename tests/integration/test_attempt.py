"""One attempt when something goes wrong in it: what the ledger and the log hear of it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from jobs.contract import Job
from producer.fleet import Fleet
from producer.intake import take_in
from producer.order import Wish
from producer.submit import submit_files
from producer.walk import walk
from samples.local_redis import LocalRedis, local_redis
from workers import attempt
from workers.drain import Drain
from workers.llm.echo import EchoModel
from workers.ocr import OcrLine, PageImage
from workers.ocr.null import NullEngine
from workers.resources import Resources

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
        monkeypatch.setattr("workers.resources.open_engine", lambda *_: Trap(spring))
        resources = Resources(made, node="node", model=EchoModel(), send=lambda *_: None, drain=Drain())
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
