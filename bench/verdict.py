"""What bench.chaos finds in the end: in the ledger, in the store and in the workers' logs, each asked by itself."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.batch import DocumentEntry
from jobs.contract import TERMINAL_STATES
from producer.fleet import Fleet

_DONE = re.compile(r"event=job\.ended batch=(\S+) document=(\S+) .*state=done")


@dataclass(frozen=True)
class Verdict:
    """Counts over all batches. A promise is broken where one of the names in `broken` stands."""

    documents: int
    done: int
    failed: int
    dead: int  # of the failed: those that took their process along
    wrongly_dead: int  # no poison
    lost: int  # submitted, and not ended, or ended without outcome or result
    doubled: int  # ended twice, listed twice, or with two results
    poison_alive: int
    broken: tuple[str, ...]


def judge(
    fleet: Fleet, batches: Mapping[str, Collection[str]], poison: Collection[str], logs: Iterable[Path]
) -> Verdict:
    """Compare what was submitted (names by batch) with what there is."""
    entries = [(batch, entry) for batch in batches for entry in fleet.documents(batch)]
    names = Counter((batch, name) for batch, entry in entries for name in entry.names)
    submitted = {(batch, name) for batch, each in batches.items() for name in each}
    ended = Counter(found for log in logs for found in _DONE.findall(log.read_text(errors="replace")))
    lost = [f"{batch}/{name}" for batch, name in submitted - set(names)]
    lost += [f"{batch}/{entry.names[0]}" for batch, entry in entries if not _whole(fleet, batch, entry)]
    doubled = [f"{batch}/{name}" for (batch, name), count in names.items() if count > 1]
    doubled += ["/".join(job) for job, count in ended.items() if count > 1]
    doubled += [entry.names[0] for _, entry in entries if _results(fleet, entry) > 1]
    failed = [entry for _, entry in entries if entry.state == "failed"]
    wrongly = [f"{entry.names[0]}: {entry.reason}" for entry in failed if entry.names[0] not in poison]
    return Verdict(
        documents=len(submitted),
        done=sum(entry.state == "done" for _, entry in entries),
        failed=len(failed),
        dead=sum(entry.reason.startswith("WorkerKilled") for entry in failed),
        wrongly_dead=len(wrongly),
        lost=len(lost),
        doubled=len(doubled),
        poison_alive=len(poison) - sum(entry.names[0] in poison for entry in failed),
        broken=(*lost, *doubled, *wrongly),
    )


def _whole(fleet: Fleet, batch: str, entry: DocumentEntry) -> bool:
    """Whether a document has ended, and the store says the same, with every page once."""
    if entry.state not in TERMINAL_STATES:
        return False
    outcome = fleet.store.get_outcome(batch, entry.document)
    if outcome is None or (outcome.state, outcome.reason) != (entry.state, entry.reason):
        return False
    if entry.state != "done":
        return True
    result = fleet.store.get_result(entry.document, entry.fingerprint)
    return result is not None and [page.page for page in result.pages] == list(range(1, entry.pages + 1))


def _results(fleet: Fleet, entry: DocumentEntry) -> int:
    folder = Path(fleet.settings.store_url) / "results" / entry.document[:2] / entry.document
    return len(list(folder.glob("*/document.json")))
