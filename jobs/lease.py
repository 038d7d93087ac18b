"""A worker's hold on a job, and what the ledger tells of jobs whose worker is gone."""

from collections.abc import Sequence

from jobs.contract import BatchId, ContentId, Frozen, Job, Queue, Recipe
from jobs.result import Outcome


class Pin(Frozen):
    """What all parts of a document are done with: the node that took the first part decided."""

    fingerprint: str
    engine: str  # the OCR engine's name with its version


class Lease(Frozen):
    """The right to work on a job until it lapses. Whoever holds it shows its token at every step."""

    job: Job
    token: str
    node: str
    queue: Queue
    recipe: Recipe
    media_type: str
    size_bytes: int
    attempt: int  # of this part, from 1
    pages: int = 0  # of the document that are to be read; 0: not opened yet
    parts: int = 1  # it is split into
    assemble: bool = False  # all parts are done: whoever had to assemble them is gone, and this lease takes over
    pin: Pin | None = None  # of a document in parts

    def share(self, numbers: Sequence[int]) -> Sequence[int]:
        """This part's share of the document's pages: parts differ by one page at most."""
        first = self.job.part * len(numbers) // self.parts
        last = (self.job.part + 1) * len(numbers) // self.parts
        return numbers[first:last]


class Untold(Frozen):
    """A document that has ended, and the store does not know: put the outcome there, then call `Ledger.stored`."""

    batch: BatchId
    outcome: Outcome


class Reconciliation(Frozen):
    """What a look at silent workers and lost messages has found."""

    ran: bool = False  # False: another did it a moment ago
    lapsed: int = 0  # jobs whose worker gave no sign
    lost: int = 0  # jobs whose message never reached a worker
    untold: tuple[Untold, ...] = ()


class Dropped(Frozen):
    """A document that a deleted batch held: what of it may go from the store."""

    document: ContentId
    last_reference: bool  # no other batch holds it: its file and all its results may go
