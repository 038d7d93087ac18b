"""What a document, a disk or a store does to a worker, it does to one job alone, and the worker goes on by itself."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.hostile.corpus import by_hand


def entries_of(fleet: Any) -> dict[str, dict[str, Any]]:
    shown = json.loads(fleet.ocrfleet("status", "batch", "--documents", "--json").stdout)
    return {entry["names"][0]: entry for entry in shown["entries"]}


def test_a_child_that_hangs_or_bloats_in_native_code_is_replaced_alone(
    fleet: Any, draw_pdf: Callable[..., Path]
) -> None:
    documents = draw_pdf("good.pdf", ["Invoice 1"]).parent
    for name in ("pattern-of-tiny-steps.pdf", "form-in-itself.pdf"):
        (documents / name).write_bytes(by_hand()[name])
    fleet.settings |= {"job_timeout_s": 5, "child_memory_mib": 600, "max_attempts": 2, "concurrency": 2}
    worker = fleet.start_worker()

    fleet.submit(documents, engine="null", mode="off")
    summary = fleet.wait_until_finished()
    fleet.submit(draw_pdf("../after.pdf", ["Invoice 2"]), batch="after", engine="null", mode="off")
    fleet.wait_until_finished(batch="after")

    assert (summary["done"], summary["failed"]) == (1, 2)
    for name in ("pattern-of-tiny-steps.pdf", "form-in-itself.pdf"):
        entry = entries_of(fleet)[name]
        assert entry["reason"].startswith("WorkerKilled"), entry
        assert entry["attempts"] == 2, entry
    assert worker.poll() is None
    assert len(fleet.model_processes(worker)) == 2
    assert len(psutil.Process(worker.pid).children()) == 3  # two children and the keeper


@pytest.mark.prove
def test_a_store_that_is_away_for_a_while_costs_no_attempt(fleet: Any, draw_pdf: Callable[..., Path]) -> None:
    worker = psutil.Process(fleet.start_worker().pid)
    store, away = fleet.folder / "store", fleet.folder / "away"

    worker.suspend()  # until the store is away
    fleet.submit(draw_pdf("one.pdf", ["Invoice 1"]), engine="null", mode="off")
    store.rename(away)
    store.write_text("a disk that is not mounted")
    worker.resume()
    deadline = time.monotonic() + 60
    while "StoreUnavailable" not in str(entries_of(fleet)):
        assert time.monotonic() < deadline, fleet.logs()
        time.sleep(0.2)
    store.unlink()
    away.rename(store)

    assert fleet.wait_until_finished()["done"] == 1
    assert entries_of(fleet)["one.pdf"]["attempts"] == 1
