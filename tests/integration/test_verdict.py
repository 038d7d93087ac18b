"""bench.chaos would notice: each broken promise, made by hand, is counted."""

import pytest

from bench.verdict import judge
from producer.fleet import Fleet
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
