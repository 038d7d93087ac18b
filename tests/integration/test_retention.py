"""What expires, what stays, and that nothing is left of what is deleted."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from typer.testing import CliRunner

from producer import retention
from producer.batch import delete
from producer.cli import app
from producer.fleet import Fleet
from producer.order import Wish
from producer.retention import DAY_S, expired
from tests.producer_steps import finish, submit, write

KEEP = 30


@pytest.fixture
def fleet(settings: Any) -> Fleet:
    return Fleet.open(settings(retention_days=KEEP))


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now_s = time.time()

    def move(days: float) -> None:
        moved_s = now_s + days * DAY_S
        monkeypatch.setattr(retention.time, "time", lambda: moved_s)

    return move


def names(fleet: Fleet) -> list[str]:
    return [summary.batch for summary in expired(fleet)]


def contents_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_batch_expires_so_many_days_after_its_last_document_ended(
    fleet: Fleet, tmp_path: Path, after: Callable[[float], None]
) -> None:
    write(tmp_path / "in", "a.pdf", "b.pdf")
    submit(fleet, tmp_path / "in")
    after(10 * KEEP)
    assert names(fleet) == []  # it has not ended: it stays, however old

    finish(fleet)
    after(KEEP - 0.1)
    assert names(fleet) == []
    after(KEEP + 0.1)
    assert names(fleet) == ["march"]


def test_a_batch_s_own_days_beat_the_settings_and_can_be_changed(
    fleet: Fleet, settings: Any, tmp_path: Path, after: Callable[[float], None]
) -> None:
    write(tmp_path / "in", "a.pdf", "b.pdf")
    submit(fleet, tmp_path / "in" / "a.pdf", wish=Wish(keep_days=3))
    finish(fleet)
    after(3.1)
    assert names(fleet) == names(Fleet.open(settings())) == ["march"]

    submit(fleet, tmp_path / "in" / "b.pdf")  # says nothing: the three days hold
    finish(fleet)
    assert names(fleet) == ["march"]
    submit(fleet, tmp_path / "in" / "b.pdf", wish=Wish(keep_days=400))
    assert names(fleet) == []


def test_nothing_expires_where_nobody_said_so(settings: Any, tmp_path: Path, after: Callable[[float], None]) -> None:
    fleet = Fleet.open(settings())
    write(tmp_path / "in", "a.pdf")
    submit(fleet, tmp_path / "in")
    finish(fleet)
    after(100_000)
    assert names(fleet) == []


def test_the_command_says_what_would_go_and_deletes_it_but_not_what_another_batch_holds(
    fleet: Fleet, tmp_path: Path, after: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "shared.pdf", "own.pdf")
    submit(fleet, tmp_path / "in")
    finish(fleet)
    submit(fleet, tmp_path / "in" / "shared.pdf", batch="april")
    shared, own = (e.document for e in sorted(fleet.documents("march"), key=lambda e: e.names, reverse=True))
    for name in ("redis_url", "store_url", "retention_days"):
        value = getattr(fleet.settings, name)
        monkeypatch.setenv(f"OCRFLEET_{name.upper()}", str(getattr(value, "get_secret_value", lambda v=value: v)()))
    after(KEEP + 1)

    would = CliRunner().invoke(app, ["expire", "--dry-run", "--json"])
    assert '"batch": "march", "documents": 2' in would.stdout
    assert [each.batch for each in fleet.ledger.batches()] == ["april", "march"]

    gone = CliRunner().invoke(app, ["expire", "--json"])
    assert '"batch": "march", "deleted": 1, "kept": 1' in gone.stdout
    assert [each.batch for each in fleet.ledger.batches()] == ["april"]
    assert (fleet.store.has_document(shared), fleet.store.has_document(own)) == (True, False)


def test_delete_leaves_nothing_of_a_batch_in_redis_or_in_the_store(
    fleet: Fleet, redis_url: str, tmp_path: Path
) -> None:
    write(tmp_path / "in", "done.pdf", "failed.pdf", "cancelled.pdf")
    submit(fleet, tmp_path / "in" / "done.pdf", tmp_path / "in" / "failed.pdf")
    finish(fleet, failing=["failed.pdf"])
    submit(fleet, tmp_path / "in" / "cancelled.pdf")
    contents = [entry.document for entry in fleet.documents("march")]
    assert len(contents) == 3 and contents_of(tmp_path / "store")

    assert list(delete(fleet, "march")) == [True, True, True]

    assert contents_of(tmp_path / "store") == []
    with redis.Redis.from_url(redis_url) as client:
        left = {key: client.dump(key) for key in client.scan_iter("*") if b":ended:" not in key and b"kombu" not in key}
        # Messages may wait that name it: they find nothing and are dropped
        queues = {key for key in left if key in (b"backlog", b"urgent")}
        for key in left.keys() - queues:
            assert b"march" not in key + (left[key] or b""), key
            assert not any(bytes.fromhex(content) in (left[key] or b"") for content in contents), key


def test_a_document_whose_last_batch_is_deleted_while_it_is_submitted_anew_is_kept(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in", "a.pdf")
    submit(fleet, tmp_path / "in")
    finish(fleet)
    add = type(fleet.ledger).add

    def delete_first(*arguments: Any, **named: Any) -> list[bool]:
        monkeypatch.setattr(type(fleet.ledger), "add", add)
        list(delete(fleet, "march"))
        return add(*arguments, **named)

    monkeypatch.setattr(type(fleet.ledger), "add", delete_first)
    submit(fleet, tmp_path / "in", batch="april")

    (entry,) = fleet.documents("april")
    assert fleet.store.has_document(entry.document)
