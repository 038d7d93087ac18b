"""bench.chaos would notice: each broken promise, made by hand, is counted."""

import pytest

from bench import agreement
from bench.agreement import flower_disagreements, status_disagreements
from bench.verdict import judge
from producer.fleet import Fleet
from samples.stack import Flower
from tests.producer_steps import finish, submit, write

NAMES = ("a.pdf", "b.pdf", "poison.pdf")


@pytest.fixture
def fleet(settings, tmp_path):
    fleet = Fleet.open(settings())
    write(tmp_path / "scans", *NAMES)
    submit(fleet, tmp_path / "scans")
    return fleet


@pytest.fixture
def verdict(fleet, tmp_path):
    log = tmp_path / "worker.log"
    log.touch()
    return lambda: judge(fleet, {"march": NAMES}, ["poison.pdf"], [log])


def test_a_batch_as_it_should_be_is_whole(fleet, verdict):
    finish(fleet, failing=["poison.pdf"])

    found = verdict()

    assert (found.documents, found.done, found.failed, found.broken, found.poison_alive) == (3, 2, 1, (), 0)


def test_a_document_that_never_ended_is_lost(fleet, verdict):
    assert verdict().lost == 3


def test_a_result_that_is_gone_is_lost(fleet, verdict):
    finish(fleet, failing=["poison.pdf"])
    (document, *_) = [entry.document for entry in fleet.documents("march", "done")]
    fleet.store.delete_document(document)

    assert verdict().lost == 1


def test_an_outcome_that_the_store_does_not_know_is_lost(fleet, verdict):
    finish(fleet, failing=["poison.pdf"])
    fleet.store.delete_outcome("march", next(fleet.documents("march")).document)

    assert verdict().lost == 1


def test_a_job_that_two_workers_ended_is_doubled(fleet, verdict, tmp_path):
    finish(fleet, failing=["poison.pdf"])
    line = "Job done.  event=job.ended batch=march document=0123456789ab part=0 attempt=1 state=done"
    (tmp_path / "worker.log").write_text(f"{line}\n{line}\n")

    assert verdict().doubled == 1


def test_a_good_document_among_the_dead_is_wrongly_dead(fleet, verdict):
    finish(fleet, failing=["a.pdf", "poison.pdf"])

    assert verdict().wrongly_dead == 1


def test_a_status_that_tells_another_story_than_the_store_is_noticed(fleet):
    finish(fleet, failing=["poison.pdf"])
    settings = {"redis_url": fleet.settings.redis_url.get_secret_value(), "store_url": fleet.settings.store_url}
    assert list(status_disagreements(fleet, settings, ["march"])) == []

    fleet.store.delete_outcome("march", next(fleet.documents("march", "done")).document)

    assert list(status_disagreements(fleet, settings, ["march"])) == ["status of march: 2 done, the store has 1"]


def test_what_flower_shows_and_the_ledger_does_not_know_is_noticed(fleet, monkeypatch):
    finish(fleet, failing=["poison.pdf"])
    tasks = [success("march", entry.document) for entry in fleet.documents("march", "done")]
    shown = {"/api/workers?refresh=1": ["w0@chaos"], "/api/tasks?limit=100000": dict(enumerate(tasks))}
    monkeypatch.setattr(agreement, "ask", lambda _, path: shown[path])
    monkeypatch.setattr(agreement, "FLOWER_LIMIT_S", 0)

    def disagreements(workers):
        return flower_disagreements(Flower("", "", ""), fleet, workers, ["march"])

    assert disagreements(["w0@chaos"]) == []
    shown["/api/tasks?limit=100000"] |= {"half heard": success("march", "f" * 64) | {"args": None}}
    assert disagreements(["w0@chaos"]) == []
    assert disagreements(["w0@chaos", "w1@chaos"]) == ["w1@chaos lives and is not in Flower"]
    shown["/api/tasks?limit=100000"] |= {"more": success("march", "f" * 64)}
    assert disagreements(["w0@chaos"]) == [
        "Flower's success id has no attempt",
        "Flower shows 3 jobs as done, the ledger 2",
    ]


def success(batch, document):
    args = f"({{'batch': '{batch}', 'document': '{document}', 'part': 0}},)"
    return {"uuid": "id", "state": "SUCCESS", "args": args, "result": "'1 done, 1 waits'"}
