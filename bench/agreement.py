"""Whether `ocrfleet status`, the store and Flower tell the same in the end as the ledger does."""

import base64
import json
import math
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from config.settings import environment_for
from jobs.batch import DocumentEntry
from producer.fleet import Fleet
from samples.stack import Flower

#: Flower asks the workers one by one, and a worker that has just started answers late.
FLOWER_LIMIT_S = 90.0
LOOK_S = 0.5
#: As Celery's events show our message.
_JOB = re.compile(r"'batch': '([^']+)', 'document': '([0-9a-f]{64})'")
#: How jobs that count as done say it (workers/job/attempt.py): `'done'`, or `'3 done, 1 failed'`.
_DONE = re.compile(r"(?:(\d+) |')(?:part )?done\b")


def status_disagreements(fleet: Fleet, settings: Mapping[str, object], batches: Collection[str]) -> Iterator[str]:
    """Compare what `ocrfleet status` counts with how documents ended by the store."""
    for batch in batches:
        command = [sys.executable, "-m", "producer.cli", "status", batch, "--json"]
        done = subprocess.run(command, env=environment_for(dict(settings)), stdout=subprocess.PIPE, check=True)
        shown = json.loads(done.stdout)
        told: Counter[str] = Counter(outcome.state for outcome in fleet.store.outcomes(batch))
        for state in ("queued", "running", "done", "failed", "cancelled"):
            if shown[state] != told[state]:
                yield f"status of {batch}: {shown[state]} {state}, the store has {told[state]}"


def flower_disagreements(flower: Flower, fleet: Fleet, workers: Collection[str], batches: Collection[str]) -> list[str]:
    """Find workers that live and are not in Flower, and successes there that no attempt in the ledger stands for."""
    ledger = {(batch, entry.document): entry for batch in batches for entry in fleet.documents(batch)}
    tasks = ask(flower, "/api/tasks?limit=100000").values()
    # Where Redis crashed, Flower may have missed the event that tells a task's arguments: of that nothing can be said.
    successes = [task for task in tasks if task["state"] == "SUCCESS" and task["args"]]
    found = [f"{name} lives and is not in Flower" for name in _missing(flower, workers)]
    found += [f"Flower's success {task['uuid']} has no attempt" for task in successes if not _attempted(task, ledger)]
    done = sum(int(count or 1) for task in successes for count in _DONE.findall(task["result"]))
    if done > (jobs := sum(_jobs(entry, fleet) for entry in ledger.values())):
        found.append(f"Flower shows {done} jobs as done, the ledger {jobs}")
    return found


def ask(flower: Flower, path: str, password: str | None = None) -> Any:  # noqa: ANN401 - as many shapes as paths
    """Ask Flower's API."""
    secret = base64.b64encode(f"{flower.user}:{password or flower.password}".encode()).decode()
    request = urllib.request.Request(flower.url + path, headers={"Authorization": f"Basic {secret}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _missing(flower: Flower, workers: Collection[str]) -> set[str]:
    deadline = time.monotonic() + FLOWER_LIMIT_S
    while (missing := set(workers) - set(ask(flower, "/api/workers?refresh=1"))) and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return missing


def _attempted(task: Mapping[str, Any], ledger: Mapping[tuple[str, str], DocumentEntry]) -> bool:
    job = _JOB.search(task["args"])
    entry = ledger.get((job[1], job[2])) if job else None
    return entry is not None and entry.attempts >= 1


def _jobs(entry: DocumentEntry, fleet: Fleet) -> int:
    return math.ceil(entry.pages / fleet.settings.pages_per_job) if entry.state == "done" else 0
