"""What a command works with: the store, the ledger and, only where jobs are sent, the queue."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from config.settings import Settings
from jobs.batch import BatchSummary, DocumentEntry
from jobs.contract import DocumentState
from jobs.errors import LedgerUnavailable
from jobs.feed import feed
from jobs.ledger import Ledger
from jobs.result import DocumentResult
from jobs.store import Store

#: Batches, or dead letters, that are held in memory at a time when they are listed.
LISTING_PAGE = 200


@dataclass(frozen=True)
class Fleet:
    """One store and one ledger, as the settings name them."""

    settings: Settings
    store: Store
    ledger: Ledger

    @classmethod
    def open(cls, settings: Settings) -> "Fleet":
        """Open both. Neither connects before it is used."""
        return cls(settings, Store(settings.store_url), Ledger.of(settings))

    def feed(self) -> int:
        """Send jobs that are due, as far as the window has room. Returns how many.

        Raises:
            LedgerUnavailable: Redis does not take the messages. The jobs are in the ledger and not lost.
        """
        from kombu.exceptions import OperationalError  # Celery is slow to import, and most commands send nothing

        try:
            return feed(self.ledger, self._send)
        except OperationalError:
            raise LedgerUnavailable(
                "Redis does not take messages. Nothing is lost: a worker sends them when Redis is back."
            ) from None

    @cached_property
    def _send(self) -> Callable[[str, Mapping[str, Any]], None]:
        from config.celery_app import make_app, make_sender

        return make_sender(make_app(self.settings))

    def is_waiting(self, summary: BatchSummary) -> bool:
        """Tell whether a batch has work left, and no worker lives that could do it."""
        return summary.finished < summary.documents and not self.ledger.nodes()

    def documents(self, batch: str, state: DocumentState | None = None) -> Iterator[DocumentEntry]:
        """List a batch of any length in order; failed documents as they failed.

        Raises:
            UsageError: there is no such batch.
        """
        return self.ledger.walk(batch, state)

    def result(self, entry: DocumentEntry) -> DocumentResult | None:
        """Read a document's result; None where it has none, or where the store has lost it."""
        return self.store.get_result(entry.document, entry.fingerprint) if entry.state == "done" else None
