"""The ledger: every batch, document and job, in Redis. It is the backlog; Celery holds a bounded window of it.

A document is queued, running (a worker holds a lease on a part of it), then done, failed or cancelled. Each change is
one Lua script (`jobs/lua`): atomic, by Redis' clock, fenced by the lease's token. Attempts are counted for each part
and reported for the document as the most that any part had. Not for Redis Cluster: a script touches many keys.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Self, TypeVar, cast

from pydantic import ValidationError

from config.queue import QUEUES
from config.settings import Settings
from jobs import entry
from jobs.batch import BatchSummary, DeadLetter, DocumentEntry, Node
from jobs.contract import BatchId, ContentId, DocumentState, Job, Queue, Recipe, Source
from jobs.errors import UsageError
from jobs.lease import Dropped, Lease, Pin, Reconciliation, Untold
from jobs.result import Outcome
from jobs.script import Argument, Scripts

__all__ = ["Lease", "Ledger"]

Item = TypeVar("Item")

#: A job that was sent and not taken for so long, though its queue is done with it, has lost its message.
LOST_AFTER_S = 10.0
#: ... and for so long, whatever its queue holds.
GONE_AFTER_S = 3600.0
#: A job that this node is too old for waits so long for another.
OUTDATED_WAIT_S = 5.0
#: Documents of one script call: more are no faster and hold Redis up for longer (docs/adr/0003).
CHUNK = 500


class Ledger:
    """The ledger of one fleet. Connects at the first call.

    Every call raises LedgerUnavailable when Redis does not answer, and UsageError for a batch that is not there.
    """

    def __init__(
        self, redis_url: str, *, prefix: str, lease_s: float, max_attempts: int, tls: Mapping[str, str] | None = None
    ) -> None:
        self._scripts = Scripts(redis_url, prefix, tls)
        self._prefix = prefix
        self._lease_ms = round(lease_s * 1000)
        self._max_attempts = max_attempts

    def check(self) -> None:
        """Ask Redis for a sign of life, as our user and under our prefix."""
        self.nodes()

    def check_writes(self) -> None:
        """Make sure that Redis takes new jobs.

        Raises:
            LedgerReadOnly: its memory is full, it is a replica, or it can't save to its disk.
        """
        self._scripts.run("probe")

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The ledger that the settings name."""
        return cls(
            settings.redis_url.get_secret_value(),
            prefix=settings.redis_prefix,
            lease_s=settings.lease_s,
            max_attempts=settings.max_attempts,
            tls=settings.redis_tls,
        )

    # Batches and their documents

    def create_batch(self, batch: BatchId, recipe: Recipe, queue: Queue, created_s: float | None = None) -> bool:
        """Open a batch. False if it is there, with this recipe and queue.

        Raises:
            UsageError: it is there with another recipe or queue.
            NodeOutdated: it is there with a recipe of a newer ocrfleet.
        """
        created_ms = "" if created_s is None else round(created_s * 1000)
        there = self._scripts.run("create", batch, queue, recipe.to_json(), created_ms)
        # Not compared as text: a batch of an older ocrfleet lacks what recipes have since, and means the default.
        if there and (there[0].decode(), entry.read_recipe(batch, there[1])) != (queue, recipe):
            raise UsageError(f"Batch {batch} exists with another queue or recipe. Choose another name: --batch NAME")
        return not there

    def add(
        self, batch: BatchId, sources: Sequence[Source], outcomes: Mapping[ContentId, Outcome] | None = None
    ) -> list[bool]:
        """Add documents; each is due at once. True where the content is new in the batch; else its name is noted.

        A document with an outcome is added as ended: so a lost ledger is rebuilt.
        """
        known = outcomes or {}
        new: list[int] = []
        for chunk in _chunks(sources):
            arguments = (part for source in chunk for part in entry.added(source, known.get(source.document)))
            new += self._scripts.run("add", batch, *arguments)
        return [bool(one) for one in new]

    def batches(self, offset: int = 0, limit: int = 50) -> list[BatchSummary]:
        """List batches, the newest first."""
        with self._scripts.connection() as redis:
            names = cast("list[bytes]", redis.zrevrange(f"{self._prefix}:batches", offset, offset + limit - 1))
            pipeline = redis.pipeline(transaction=False)
            for name in names:
                pipeline.hgetall(f"{self._prefix}:batch:{name.decode()}")
            found = zip(names, pipeline.execute(), strict=True)
        return [entry.read_summary(name.decode(), facts) for name, facts in found if facts]

    def batch(self, batch: BatchId) -> BatchSummary:
        """Count a batch."""
        with self._scripts.connection() as redis:
            facts = cast("dict[bytes, bytes]", redis.hgetall(f"{self._prefix}:batch:{batch}"))
        if not facts:
            raise UsageError(f"There is no batch {batch}. See: ocrfleet batches")
        return entry.read_summary(batch, facts)

    def documents(
        self, batch: BatchId, offset: int = 0, limit: int = 50, state: DocumentState | None = None
    ) -> list[DocumentEntry]:
        """List documents in the order they came; failed ones as they failed, running ones as their leases lapse."""
        if state in {None, "failed", "running"}:
            found = self._look(batch, state or "order", offset, limit, state)[1]
        else:
            found = list(islice(self._walk(batch, state), offset, offset + limit))
        return [entry.read_document(content, text) for content, text, _ in found]

    def walk(self, batch: BatchId, state: DocumentState | None = None) -> Iterator[DocumentEntry]:
        """List a batch of any length, a part of it in memory at a time: in the order its documents came, or failed."""
        return (entry.read_document(content, text) for content, text, _ in self._walk(batch, state))

    def dead_letters(self, batch: BatchId, offset: int = 0, limit: int = 50) -> list[DeadLetter]:
        """List the failed documents of a batch, in the order they failed."""
        _, found = self._look(batch, "failed", offset, limit, "failed")
        return [entry.read_dead_letter(batch, entry.read_document(*each), died_ms) for *each, died_ms in found]

    def _walk(self, batch: BatchId, state: DocumentState | None) -> Iterator[list[bytes]]:
        first, seen = 0, CHUNK
        while seen == CHUNK:
            seen, found = self._look(batch, "failed" if state == "failed" else "order", first, CHUNK, state)
            yield from found
            first += seen

    def _look(
        self, batch: BatchId, order: str, offset: int, limit: int, state: DocumentState | None
    ) -> tuple[int, list[list[bytes]]]:
        """How many documents were looked at, and of those in this state: content, entry, when it failed (ms)."""
        seen, *found = self._scripts.run("documents", batch, order, offset, offset + limit - 1, state or "")
        return seen, found

    def unheld(self, contents: Sequence[ContentId]) -> list[ContentId]:
        """Tell which of these no batch holds. A ledger that was lost holds none."""
        return [content for content, count in zip(contents, self.holders(contents), strict=True) if not count]

    def holders(self, contents: Sequence[ContentId]) -> list[int]:
        """Count the batches that hold each of these."""
        return [count for chunk in _chunks(contents) for count in self._scripts.run("held", *map(entry.raw, chunk))]

    # A job's way

    def dispatch(self, queue: Queue, room: int) -> list[Job]:
        """Take up to `room` due jobs to be sent now: one of each batch in turn, the batch longest unserved first."""
        ((_, *jobs),) = self._scripts.run("dispatch", room, queue)
        return [entry.read_job(member) for member in jobs]

    def refill(self) -> list[tuple[Queue, Job]]:
        """Take the due jobs that the window has room for, if it is no more than two thirds full; urgent ones first.

        The window: jobs of a queue that are sent or leased, two for each that the living nodes work on at once, or 8.
        """
        found = self._scripts.run("dispatch", "", *QUEUES)
        return [(queue.decode(), entry.read_job(member)) for queue, *jobs in found for member in jobs]

    def window(self, queue: Queue) -> int:
        """Count the jobs that are sent or leased now."""
        with self._scripts.connection() as redis:
            pipeline = redis.pipeline(transaction=False)
            for name in ("sent", "leased"):
                pipeline.zcard(f"{self._prefix}:queue:{queue}:{name}")
            return sum(pipeline.execute())

    def take(self, job: Job, node: str) -> Lease | None:
        """Lease a job to a worker and count the attempt: this one, or first what a dead worker left in its queue.

        None: step aside, there is nothing to do here. The job is done, cancelled, unknown, in the hands of a living
        worker, or was just given up after too many attempts.
        """
        token = secrets.token_hex(8)
        found = self._scripts.run("take", *_names(job), token, node, self._lease_ms, self._max_attempts)
        return None if found is None else self._lease(token, node, found)

    def take_next(self, queue: Queue, node: str) -> Lease | None:
        """Lease the next due job of a queue without a message for it. None: none is due."""
        token = secrets.token_hex(8)
        found = self._scripts.run("take_next", queue, token, node, self._lease_ms, self._max_attempts)
        return None if found is None else self._lease(token, node, found)

    def _lease(self, token: str, node: str, found: list[Any]) -> Lease | None:
        """Read a lease. A job that only a newer ocrfleet can read is given back: nodes are upgraded one by one."""
        try:
            return entry.read_lease(token, node, found)
        except ValidationError:
            reason = f"NodeOutdated: {node} is older than the ocrfleet that made this batch. Upgrade it."
            self._put_back(entry.read_job(found[0]), token, reason, OUTDATED_WAIT_S, counted=False, log=())
            return None

    def renew(self, lease: Lease) -> None:
        """Keep a lease from lapsing.

        Raises:
            LeaseLost: another worker has the job, or its document has ended. So for all calls with a lease.
        """
        self._step("renew", lease, self._lease_ms)

    def split(self, lease: Lease, pages: int, parts: int, pin: Pin) -> Lease:
        """Tell how long the document is; its parts become due, pinned. Returns the lease with what holds.

        A document is split once: a second attempt gets the parts of the first.
        """
        there = self._step("split", lease, pages, parts, lease.node, pin.to_json())
        return lease.model_copy(update={"pages": there[0], "parts": there[1]})

    def page_done(self, lease: Lease, page: int) -> None:
        """Count a page (from 1) as done, once."""
        self._step("page_done", lease, page)

    def part_done(self, lease: Lease) -> bool:
        """End a part. True: it was the last; the caller keeps the lease, must assemble the document and finish it."""
        return bool(self._step("part_done", lease))

    def reopen(self, lease: Lease, pin: Pin | None = None) -> bool:
        """Have all parts done again, as far as their pages are not in the store; with another pin, if one is given.

        False: it stays as it was, since a node lives that has what the document is pinned to.
        """
        return bool(self._step("reopen", lease, lease.node, pin.to_json() if pin else ""))

    def finish(self, lease: Lease, outcome: Outcome) -> None:
        """End the document, for all its parts. The caller tells the store next; else `reconcile` does after a lease."""
        self._step("finish", lease, outcome.to_json(), self._lease_ms)

    def retry_later(
        self, lease: Lease, reason: str, delay_s: float, *, counted: bool = True, log: Sequence[str] = ()
    ) -> None:
        """Let go of a job for a while. If the attempt counts and was the last, the document fails for this reason.

        `log`: the last lines of this attempt, which a dead letter shows.
        """
        self._put_back(lease.job, lease.token, reason, delay_s, counted, log)

    def give_back(self, lease: Lease) -> None:
        """Let go of a job, its attempt uncounted; it is due at once."""
        self._put_back(lease.job, lease.token, "", 0, counted=False, log=())

    def bereave(self, job: Job, token: str, reason: str, delay_s: float, log: Sequence[str]) -> None:
        """Take a job from a worker's process that is dead for certain, as `retry_later`; the attempt counts.

        Raises:
            LeaseLost: the lease has lapsed, or the process had ended its job.
        """
        self._put_back(job, token, reason, delay_s, counted=True, log=log)

    def _put_back(self, job: Job, token: str, reason: str, delay_s: float, counted: bool, log: Sequence[str]) -> None:
        facts = (reason, round(delay_s * 1000), int(counted), self._max_attempts, json.dumps(log) if log else "")
        self._scripts.run("put_back", *_names(job), token, *facts)

    def _step(self, name: str, lease: Lease, *arguments: Argument) -> list[int]:
        return cast("list[int]", self._scripts.run(name, *_names(lease.job), lease.token, *arguments))

    # The fleet

    def beat(
        self, node: str, concurrency: int, facts: Mapping[str, str] | None = None, *, lasts_s: float | None = None
    ) -> dict[str, str]:
        """Show that a node lives, for the next two leases or as long as is said. Returns the facts it told before."""
        known = json.dumps({"concurrency": concurrency, "facts": dict(facts or {})})
        lasts_ms = 2 * self._lease_ms if lasts_s is None else round(lasts_s * 1000)
        before = self._scripts.run("beat", node, known, lasts_ms)
        return entry.read_node(node, before).facts if before else {}

    def arrive(self, node: str) -> int:
        """Make due again what the worker held that had this name before, and is gone. Returns how many jobs."""
        return cast("int", self._scripts.run("arrive", node, *QUEUES))

    def leave(self, node: str) -> None:
        """Take a node that stops off the list."""
        self._scripts.run("leave", node)

    def nodes(self) -> dict[str, Node]:
        """List the nodes that live now."""
        flat = self._scripts.run("nodes")
        return entry.read_nodes(zip(flat[::2], flat[1::2], strict=True))

    def reconcile(
        self, queued: Mapping[Queue, int], lost_after_s: float = LOST_AFTER_S, gone_after_s: float = GONE_AFTER_S
    ) -> Reconciliation:
        """Make lapsed leases and lost messages due again. `queued`: messages that wait in each queue now.

        Anyone may call it at any time: one caller does it, at most 15 times in a lease.
        """
        limits = (self._lease_ms, round(lost_after_s * 1000), round(gone_after_s * 1000), self._max_attempts)
        waiting = (part for queue in queued.items() for part in queue)
        found = self._scripts.run("reconcile", *limits, *waiting)
        return Reconciliation() if found is None else entry.read_reconciliation(found)

    def stored(self, told: Sequence[Untold]) -> list[Untold]:
        """Note that the store was told how documents ended; `reconcile` names them no more.

        Returns those that have not ended, or no more: the store must forget their outcomes.
        """
        names = (part for one in told for part in (one.batch, entry.raw(one.outcome.document)))
        flags = self._scripts.run("stored", *names)
        return [one for one, flag in zip(told, flags, strict=True) if not flag]

    def untold(self) -> int:
        """Count the documents that have ended without the store's knowledge."""
        with self._scripts.connection() as redis:
            return redis.zcard(f"{self._prefix}:untold")

    # What a person may ask for

    def cancel(self, batch: BatchId) -> int:
        """Cancel what is unfinished; leases on it are lost. Returns how many documents."""
        cancelled = 0
        while count := self._scripts.run("cancel", batch):
            cancelled += count
        return cancelled

    def retry(self, batch: BatchId, contents: Sequence[ContentId]) -> int:
        """Queue those of these documents again that failed or were cancelled, their attempts forgotten.

        Returns how many.
        """
        return self._requeue(batch, "undone", "", contents)

    def again(self, batch: BatchId, recipe: Recipe, contents: Sequence[ContentId]) -> int:
        """Give a batch a new recipe and queue those of these documents that have ended again. Returns how many."""
        return self._requeue(batch, "finished", recipe.to_json(), contents)

    def _requeue(self, batch: BatchId, ended: str, recipe: str, contents: Sequence[ContentId]) -> int:
        chunks = list(_chunks(contents)) or [()]  # without any document, a recipe still holds
        return sum(self._scripts.run("requeue", batch, ended, recipe, *map(entry.raw, chunk)) for chunk in chunks)

    def delete(self, batch: BatchId) -> Iterator[tuple[Dropped, ...]]:
        """Cancel a batch and drop all the ledger knows of it. Yields its documents in chunks, for the store to forget.

        A chunk leaves the ledger after the caller has dealt with it: interrupted, the call can be made again.
        """
        self.cancel(batch)
        while held := self._scripts.run("holders", batch, CHUNK):
            yield from self._drop(batch, held)
        self._scripts.run("drop", batch)

    def drop(self, batch: BatchId, contents: Sequence[ContentId]) -> Iterator[tuple[Dropped, ...]]:
        """Drop these documents of a batch as far as they failed; else as `delete` does."""
        for chunk in _chunks(contents):
            if held := self._scripts.run("holders", batch, 0, *map(entry.raw, chunk)):
                yield from self._drop(batch, held)

    def _drop(self, batch: BatchId, held: list[list[Any]]) -> Iterator[tuple[Dropped, ...]]:
        yield tuple(map(entry.read_dropped, held))
        self._scripts.run("drop", batch, *(content for content, *_ in held))


def _names(job: Job) -> tuple[Argument, ...]:
    return job.batch, entry.raw(job.document), job.part


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[first : first + CHUNK] for first in range(0, len(items), CHUNK))
