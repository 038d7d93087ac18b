"""How long the jobs of a killed worker lie idle: from the kill to their next lease, or their end."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.batch import DocumentEntry
from jobs.contract import TERMINAL_STATES
from jobs.errors import LedgerUnavailable
from jobs.ledger import Ledger

LISTED = 200


@dataclass(frozen=True)
class Orphan:
    """A document that was running on a worker when it was killed."""

    batch: str
    killed_s: float
    entry: DocumentEntry


class Recovery:
    """Watches the documents that killed workers had in hand."""

    def __init__(self, ledger: Ledger, batches: Sequence[str]) -> None:
        self.seconds: list[float] = []
        self._ledger = ledger
        self._batches = batches
        self._orphans: list[Orphan] = []

    def orphaned(self, killed_s: float, worker: str) -> None:
        """Note what a worker held when it was killed."""
        with contextlib.suppress(LedgerUnavailable):  # Redis is down, too: these go uncounted
            for batch in self._batches:
                running = self._ledger.documents(batch, 0, LISTED, "running")
                held = [entry for entry in running if entry.node.split("@")[0] == worker]
                self._orphans += [Orphan(batch, killed_s, entry) for entry in held]

    def look(self) -> None:
        """See which of them are in hands again."""
        if not self._orphans:
            return
        with contextlib.suppress(LedgerUnavailable):
            now = {(batch, entry.document): entry for batch in self._batches for entry in self._all(batch)}
            waiting = []
            for orphan in self._orphans:
                if _taken(orphan.entry, now[orphan.batch, orphan.entry.document]):
                    self.seconds.append(time.time() - orphan.killed_s)
                else:
                    waiting.append(orphan)
            self._orphans = waiting

    def _all(self, batch: str) -> list[DocumentEntry]:
        return self._ledger.documents(batch, 0, self._ledger.batch(batch).documents)


def _taken(before: DocumentEntry, after: DocumentEntry) -> bool:
    return after.state in TERMINAL_STATES or after.attempts > before.attempts or after.pages_done > before.pages_done
