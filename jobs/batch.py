"""A batch and its documents, as the store keeps them and the ledger counts them."""

from jobs.contract import BatchId, ContentId, DocumentState, Frozen, Queue, Recipe
from jobs.result import FigureCounts


class BatchRecord(Frozen):
    """What the store keeps of a batch, beside its manifest: enough to rebuild the ledger."""

    batch: BatchId
    queue: Queue
    recipe: Recipe
    created_s: float  # Unix time
    keep_days: int | None = None  # after its last document ended; None: as the settings of whoever deletes say


class BatchSummary(Frozen):
    """A batch as the ledger counts it now."""

    batch: BatchId
    queue: Queue
    recipe: Recipe
    created_s: float
    ended_s: float = 0  # when its last document ended, by Redis' clock; until one has: when it was created
    documents: int = 0
    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    pages: int = 0  # of the documents that were opened so far
    pages_done: int = 0
    truncated: int = 0  # of the done: their text is cut off, for want of a licence of the OCR engine
    to_review: int = 0  # of the done: with a flagged figure or a sum that does not close
    audit: FigureCounts = FigureCounts()  # of the done

    @property
    def finished(self) -> int:
        """Documents in a terminal state."""
        return self.done + self.failed + self.cancelled


class DocumentEntry(Frozen):
    """One document of a batch, as the ledger has it now."""

    document: ContentId
    names: tuple[str, ...]  # every submitted path with this content
    media_type: str
    size_bytes: int
    state: DocumentState
    attempts: int = 0
    pages: int = 0
    pages_done: int = 0
    fingerprint: str = ""  # of its result, once done
    truncated: bool = False  # once done: its text is cut off
    audit: FigureCounts = FigureCounts()  # once done
    reason: str = ""  # once failed, or of the last retry
    node: str = ""  # that had it last
    log: tuple[str, ...] = ()  # once failed: the last lines of its last attempt


class DeadLetter(Frozen):
    """A document that failed: why, after how many attempts, and where."""

    batch: BatchId
    document: ContentId
    names: tuple[str, ...]
    reason: str
    attempts: int
    node: str  # that had it last
    log: tuple[str, ...]  # the last lines of the last attempt
    died_s: float  # Unix time, by Redis' clock


class Node(Frozen):
    """A worker that gave a sign of life."""

    node: str
    concurrency: int  # jobs it works on at once
    seen_s: float  # Unix time, by Redis' clock
    facts: dict[str, str]  # what it tells of itself: its GPU, its model
