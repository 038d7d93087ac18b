"""How long the jobs of a killed worker lie idle: until they are due again, and until their next lease, or their end."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    due_s: float = 0.0  # when its lease was seen to be gone

    def seen(self, now: DocumentEntry) -> "Orphan":
        """Note what became of it."""
        is_free = now.state == "queued" or now.attempts < self.entry.attempts
        return replace(self, due_s=time.time()) if is_free and not self.due_s else self

    def is_taken(self, now: DocumentEntry) -> bool:
        """Whether it is in hands again. A vanished node costs no attempt, so that these alone don't tell."""
        if now.state in TERMINAL_STATES or now.attempts > self.entry.attempts:
            return True
        return now.state == "running" and (bool(self.due_s) or now.node != self.entry.node)


class Recovery:
    """Watches the documents that killed workers had in hand."""

    def __init__(self, ledger: Ledger, batches: Sequence[str]) -> None:
        self.seconds: list[float] = []  # from the kill until it was in hands again, behind whatever children were at
        self.due_seconds: list[float] = []  # ... until any child could have taken it
        self._ledger = ledger
        self._batches = batches
        self._orphans: list[Orphan] = []

    def orphaned(self, killed_s: float, worker: str) -> None:
        """Note what a worker held when it was killed."""
        with contextlib.suppress(LedgerUnavailable):  # Redis is down, too: these go uncounted
            for batch in self._batches:
                running = self._ledger.documents(batch, 0, LISTED, "running")
                # Of one page: a document in parts is in several hands, and names the last.
                held = [entry for entry in running if entry.node.split("@")[0] == worker and entry.pages <= 1]
                self._orphans += [Orphan(batch, killed_s, entry) for entry in held]

    def look(self) -> None:
        """See which of them are in hands again."""
        if not self._orphans:
            return
        with contextlib.suppress(LedgerUnavailable):
            now = {(batch, entry.document): entry for batch in self._batches for entry in self._all(batch)}
            waiting = []
            for orphan in self._orphans:
                entry = now[orphan.batch, orphan.entry.document]
                if orphan.is_taken(entry):
                    self.seconds.append(time.time() - orphan.killed_s)
                    self.due_seconds.append((orphan.due_s or time.time()) - orphan.killed_s)
                else:
                    waiting.append(orphan.seen(entry))
            self._orphans = waiting

    def _all(self, batch: str) -> list[DocumentEntry]:
        return self._ledger.documents(batch, 0, self._ledger.batch(batch).documents)
