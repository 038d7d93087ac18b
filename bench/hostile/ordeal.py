"""Sends bad documents through a real worker, and watches what they do to it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from config.settings import Settings
from jobs.batch import DocumentEntry
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import submit_files
from samples.local_redis import local_redis
from samples.stack import packaged_model, running_worker

BATCH = "hostile"
LOOK_S = 0.1
#: A drawing that never ends is cut off here; a good page takes a second or two.
JOB_TIMEOUT_S = 30
MAX_ATTEMPTS = 2
CHILD_MEMORY_MIB = 2048


@dataclass
class Ordeal:
    """What came of it."""

    inputs: int
    refused: int = 0  # by `submit`: no type that is read
    documents: list[DocumentEntry] = field(default_factory=list)
    running_s: dict[str, float] = field(default_factory=dict)  # by document, all attempts together
    peak_child_mib: int = 0
    worker_lost: bool = False

    def describe(self) -> dict[str, Any]:
        """Put it as a script reads it."""
        states = [entry.state for entry in self.documents]
        slowest = max(self.running_s, key=lambda content: self.running_s[content], default="")
        names = {entry.document: entry.names[0] for entry in self.documents}
        return {
            "inputs": self.inputs,
            "refused": self.refused,
            "documents": len(states),
            "done": states.count("done"),
            "failed": states.count("failed"),
            "unfinished": len(states) - states.count("done") - states.count("failed"),
            "without_reason": sum(entry.state == "failed" and not entry.reason for entry in self.documents),
            "killed_their_process": sorted(e.names[0] for e in self.documents if e.reason.startswith("WorkerKilled")),
            "slowest": names.get(slowest, ""),
            "slowest_s": round(self.running_s.get(slowest, 0.0), 1),
            "peak_child_mib": self.peak_child_mib,
            "worker_lost": self.worker_lost,
        }


def run(inputs: Mapping[str, bytes], folder: Path, *, engine: str = "null", timeout_s: float = 1800) -> Ordeal:
    """Submit them all to one worker with two children, and watch until each has ended or the time is up."""
    documents = folder / "documents"
    documents.mkdir()
    for name, data in inputs.items():
        (documents / name).write_bytes(data)
    with local_redis(folder / "redis") as redis:
        settings: dict[str, object] = {
            "redis_url": redis.url,
            "store_url": str(folder / "store"),
            "work_dir": folder,
            "file_model_path": packaged_model(),
            "job_timeout_s": JOB_TIMEOUT_S,
            "max_attempts": MAX_ATTEMPTS,
            "child_memory_mib": CHILD_MEMORY_MIB,
            "lease_s": 3,
            "concurrency": 2,
        }
        fleet = Fleet.open(Settings(_env_file=None, **settings))  # type: ignore[arg-type]
        ordeal = Ordeal(len(inputs))
        with running_worker(settings, folder / "worker.log", "--gpu", "cpu") as worker:
            wish = Wish(engine=engine, mode="off")
            parts = list(submit_files(fleet, BATCH, wish, take_in(walk([str(documents)]), 1 << 30)))
            ordeal.refused = sum(len(part.skips) for part in parts)
            _watch(fleet, psutil.Process(worker.pid), ordeal, time.monotonic() + timeout_s)
            ordeal.worker_lost = worker.poll() is not None
        ordeal.documents = list(fleet.documents(BATCH))
    return ordeal


def _watch(fleet: Fleet, worker: psutil.Process, ordeal: Ordeal, deadline: float) -> None:
    looked = time.monotonic()
    while (summary := fleet.ledger.batch(BATCH)).finished < summary.documents and time.monotonic() < deadline:
        time.sleep(LOOK_S)
        looked, passed = time.monotonic(), time.monotonic() - looked
        for entry in fleet.ledger.documents(BATCH, 0, 10, "running"):
            ordeal.running_s[entry.document] = ordeal.running_s.get(entry.document, 0.0) + passed
        ordeal.peak_child_mib = max(ordeal.peak_child_mib, *_children_mib(worker), 0)
        if not worker.is_running():
            return


def _children_mib(worker: psutil.Process) -> list[int]:
    """Resident memory of the processes that read documents: the worker's children but for the keeper."""
    found = [0]
    for child in worker.children():
        try:
            if "workers.llm" not in " ".join(child.cmdline()):
                found.append(child.memory_info().rss >> 20)
        except psutil.NoSuchProcess:
            continue
    return found
