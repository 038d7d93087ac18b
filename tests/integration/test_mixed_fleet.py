"""Nodes that differ in engine or model share a document in parts: its result is of one kind, and none waits forever."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from jobs.contract import Job
from jobs.health import check_store
from producer.fleet import Fleet
from producer.order import Wish
from tests.conftest import MakeSettings
from tests.integration.test_pages_chosen import draw_pdf
from tests.producer_steps import submit
from tests.worker_steps import result_of, work, worker
from workers.job import attempt
from workers.job.resources import Resources

A, B = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "OUTAGE_WAIT_S", 0.02)


def with_model(resources: Resources, sha256: str) -> Resources:
    resources._model.sha256 = sha256  # type: ignore[misc]
    return resources


def begin(settings: MakeSettings, folder: Path, **wish: str) -> tuple[Fleet, Resources, Resources]:
    """Submit nine pages in parts of two, and let node-a do the first part."""
    made = settings(pages_per_job=2, raster_dpi=72, engine="null")
    fleet = Fleet.open(made)
    submit(fleet, draw_pdf(folder), wish=Wish(**{"mode": "constrained", "text_layer": "ignore", **wish}))  # type: ignore[arg-type]
    first, second = (with_model(worker(made, node), model) for node, model in (("node-a", A), ("node-b", B)))
    fleet.ledger.beat("node-a", 1)
    (entry,) = fleet.documents("march")
    assert attempt.run(Job(batch="march", document=entry.document), first) == "part done"
    return fleet, first, second


def test_a_node_with_another_model_leaves_the_parts_to_those_that_have_it(
    settings: MakeSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fleet, first, second = begin(settings, tmp_path)

    with caplog.at_level(logging.INFO):
        summary = work(fleet, second, second, second, first)

    assert (summary.done, summary.pages_done) == (1, 9)
    assert {page.provenance.model_sha256 for page in result_of(fleet).pages} == {A}
    assert "The document was begun with null 1, this node has null 1, or another model" in caplog.text
    assert next(fleet.documents("march")).attempts == 1


def test_when_the_last_node_that_has_it_is_gone_the_document_is_begun_anew(
    settings: MakeSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fleet, _, second = begin(settings, tmp_path)
    fleet.ledger.leave("node-a")

    with caplog.at_level(logging.INFO):
        summary = work(fleet, second)

    assert (summary.done, summary.pages_done) == (1, 9)
    assert [page.page for page in result_of(fleet).pages] == list(range(1, 10))
    assert {page.provenance.model_sha256 for page in result_of(fleet).pages} == {B}
    assert "No node has null 1: begins anew" in caplog.text


def test_a_node_whose_own_choice_is_another_engine_takes_the_one_that_the_document_was_begun_with(
    settings: MakeSettings, tmp_path: Path
) -> None:
    fleet, _, _ = begin(settings, tmp_path, mode="off")

    assert work(fleet, worker(settings(pages_per_job=2, engine="tesseract"), "node-b")).done == 1
    assert {page.provenance.engine for page in result_of(fleet).pages} == {"null 1"}


def test_an_engine_that_a_node_has_not_is_looked_for_once(settings: MakeSettings, tmp_path: Path) -> None:
    fleet, first, _ = begin(settings, tmp_path, mode="off")
    lease = fleet.ledger.take(fleet.ledger.dispatch("backlog", 1)[0], "node-b")
    assert lease is not None
    assert lease.pin is not None
    pin = lease.pin.model_copy(update={"engine": "aspose 26.10.0 LATIN page"})
    assert first.pinned_tools(lease.recipe, pin) is None
    assert first._missing == {"aspose"}
    assert first.pinned_tools(lease.recipe, pin) is None


def test_a_page_that_is_gone_from_the_store_when_the_document_is_assembled_is_done_again(
    settings: MakeSettings, tmp_path: Path
) -> None:
    fleet, first, _ = begin(settings, tmp_path, mode="off")
    (page,) = Path(first.settings.store_url).rglob("page-00001.json")
    page.unlink()

    summary = work(fleet, first)

    assert (summary.done, summary.pages_done) == (1, 9)
    assert [page.page for page in result_of(fleet).pages] == list(range(1, 10))


def test_a_batch_of_a_newer_ocrfleet_is_shown_and_not_changed(
    fleet: Fleet, ocrfleet: Callable[..., tuple[int, str, str]], folder: Path, redis_url: str
) -> None:
    submit(fleet, draw_pdf(folder))
    record = Path(fleet.settings.store_url, "batches", "march", "batch.json")
    newer = json.loads(record.read_text())
    newer["recipe"]["unheard"] = 1
    record.write_text(json.dumps(newer))
    redis.Redis.from_url(redis_url).hset("ocrfleet:batch:march", "recipe", json.dumps(newer["recipe"]))

    for shown in (("status",), ("status", "march"), ("batches", "--json")):
        assert ocrfleet(*shown)[0] == 0
    check_store(fleet.store, fleet.ledger)  # a worker that starts
    for changed in (("submit", folder, "--batch", "march"), ("recover", "march")):
        status, _, err = ocrfleet(*changed)
        assert status == 4
        assert "A newer ocrfleet than this one made batch march. Upgrade this one." in err.splitlines()[-1]
