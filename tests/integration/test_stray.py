"""Documents that no batch holds: a submit that died left them, and nobody could ever delete them."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
import redis
from typer.testing import CliRunner

from jobs.errors import StoreUnavailable
from jobs.store import Store
from producer.cli import app
from producer.fleet import Fleet
from producer.stray import STRAY_AFTER_S, strays, sweep
from tests.producer_steps import submit, write


@pytest.fixture
def fleet(settings: Any) -> Fleet:
    return Fleet.open(settings())


def submit_cut_off(fleet: Fleet, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The disk is full, or the process killed, after the documents and before their manifest."""

    def die(*_: object) -> None:
        raise StoreUnavailable("cut off")

    before = set(fleet.store.documents())
    with monkeypatch.context() as patch, pytest.raises(StoreUnavailable):
        patch.setattr(Store, "add_manifest", die)
        submit(fleet, folder, batch="cut-off")
    return sorted(set(fleet.store.documents()) - before)


def age(tmp_path: Path, *contents: str) -> None:
    """Let them have been written longer ago than a stray may be young."""
    then = time.time() - STRAY_AFTER_S - 60
    for content in contents:
        os.utime(tmp_path / "store" / "documents" / content[:2] / content, (then, then))


def test_what_a_submit_that_died_left_is_swept_after_a_day_and_nothing_else(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "march", "held.pdf")
    submit(fleet, tmp_path / "march")
    write(tmp_path / "lost", "a.pdf", "b.pdf", "held.pdf")
    left = submit_cut_off(fleet, tmp_path / "lost", monkeypatch)
    assert len(left) == 2
    assert strays(fleet) == []  # they may be on their way

    age(tmp_path, *fleet.store.documents())
    assert strays(fleet) == left
    assert sweep(fleet, left) == 2

    assert list(fleet.store.documents()) == [entry.document for entry in fleet.documents("march")]


def test_nothing_is_a_stray_because_redis_was_lost(fleet: Fleet, tmp_path: Path, redis_url: str) -> None:
    write(tmp_path / "in", "a.pdf", "b.pdf")
    submit(fleet, tmp_path / "in")
    age(tmp_path, *fleet.store.documents())
    redis.Redis.from_url(redis_url).flushall()

    assert strays(fleet) == []


def test_a_stray_that_is_submitted_again_before_the_sweep_stays(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "a.pdf")
    left = submit_cut_off(fleet, tmp_path / "in", monkeypatch)
    age(tmp_path, *left)
    found = strays(fleet)

    submit(fleet, tmp_path / "in")

    assert (found, sweep(fleet, found)) == (left, 0)
    assert fleet.store.has_document(left[0])


def test_a_stray_that_is_submitted_while_others_are_swept_stays(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "a.pdf", "b.pdf")
    found = submit_cut_off(fleet, tmp_path / "in", monkeypatch)
    delete = Store.delete_document

    def submit_while_deleting(store: Store, content: str) -> None:
        delete(store, content)
        monkeypatch.setattr(Store, "delete_document", delete)
        submit(fleet, tmp_path / "in")

    monkeypatch.setattr(Store, "delete_document", submit_while_deleting)

    assert sweep(fleet, found) == 1
    assert list(fleet.store.documents()) == found


def test_expire_says_how_many_would_go_and_removes_them(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "a.pdf", "b.pdf")
    age(tmp_path, *submit_cut_off(fleet, tmp_path / "in", monkeypatch))
    monkeypatch.setenv("OCRFLEET_REDIS_URL", fleet.settings.redis_url.get_secret_value())
    monkeypatch.setenv("OCRFLEET_STORE_URL", fleet.settings.store_url)

    assert "2 documents of no batch would go" in CliRunner().invoke(app, ["expire", "--dry-run"]).output
    assert '"strays": 2' in CliRunner().invoke(app, ["expire", "--json"]).stdout
    assert list(fleet.store.documents()) == []
