"""Steps that tests of the worker's attempts are written in: a worker without Celery, on a real ledger and store."""

import time
from typing import Any

from config.settings import Settings
from jobs.batch import BatchSummary
from jobs.result import DocumentResult
from producer.fleet import Fleet
from workers.job import attempt
from workers.job.drain import Drain
from workers.job.note import Notes
from workers.job.resources import Resources
from workers.llm.echo import EchoModel


def worker(settings: Settings, node: str = "node-a") -> Resources:
    """What a worker's child holds."""
    return Resources(settings, node=node, model=EchoModel(), send=lambda *_: None, drain=Drain(), note=Notes(1).open(0))


def work(fleet: Fleet, *workers: Resources, batch: str = "march", timeout_s: float = 30) -> BatchSummary:
    """Let workers take the jobs of a batch in turn until all its documents have ended."""
    deadline, turn = time.monotonic() + timeout_s, 0
    fleet.feed()
    while (summary := fleet.ledger.batch(batch)).finished < summary.documents:
        assert time.monotonic() < deadline, summary
        for job in _sent(fleet):
            attempt.run(job, workers[turn % len(workers)])
            turn += 1
        time.sleep(0.005)
    return summary


def _sent(fleet: Fleet) -> list[Any]:
    """Jobs that `feed` has sent and nobody took are sent anew."""
    fleet.ledger.reconcile({"urgent": 0, "backlog": 0}, lost_after_s=0)
    return fleet.ledger.dispatch("urgent", 100) + fleet.ledger.dispatch("backlog", 100)


def result_of(fleet: Fleet, batch: str = "march") -> DocumentResult:
    """The result of the batch's only document."""
    (entry,) = fleet.documents(batch)
    result = fleet.store.get_result(entry.document, entry.fingerprint)
    assert result is not None, entry
    return result
