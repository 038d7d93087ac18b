"""What the ledger is compared with: a model of it as simply as it can be told, and what must hold after every call."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from jobs.contract import Job
from jobs.errors import LeaseLost
from jobs.ledger import Lease, Ledger
from tests.ledger_steps import source

BATCHES = ("april", "march")
SOURCES = tuple(source(name) for name in "ab")
PAGES = 3
MAX_ATTEMPTS = 2
MOST_ACQUITTALS = 10  # as in jobs/lua/_ledger.lua
FINISHED = {"done", "failed", "cancelled"}
REASON = "StoreUnavailable: away"


@dataclass
class Part:
    """Where a job stands: due (fresh or not), sent, leased, or over."""

    place: str = "due"
    attempts: int = 0
    is_orphan: bool = False  # a dead worker left it


@dataclass
class Document:
    """A document of a batch, as simply as it can be told."""

    parts: dict[int, Part] = field(default_factory=lambda: {0: Part()})
    ended: str = ""
    pages: int = 0
    pages_done: set[int] = field(default_factory=set)
    parts_done: set[int] = field(default_factory=set)
    lapsed: set[str] = field(default_factory=set)  # tokens whose holder may still show that it lives
    acquittals: int = 0

    def acquit(self, part: int) -> None:
        self.acquittals += 1
        self.parts[part].attempts -= self.acquittals <= MOST_ACQUITTALS

    @property
    def state(self) -> str:
        leased = any(part.place == "leased" for part in self.parts.values())
        return self.ended or ("running" if leased else "queued")

    def end(self, state: str) -> None:
        self.ended = state
        self.lapsed.clear()
        for part in self.parts.values():
            part.place, part.is_orphan = "over", False


class Reference(RuleBasedStateMachine):
    """Keeps ledger and model side by side; who calls one calls the other. Leases never lapse by themselves."""

    def __init__(self, redis_url: str) -> None:
        super().__init__()
        self.client = redis.Redis.from_url(redis_url)
        self.client.flushall()
        self.ledger = Ledger(redis_url, prefix="test", lease_s=1000, max_attempts=MAX_ATTEMPTS)
        self.batches: dict[str, dict[str, Document]] = {}
        self.untold: set[tuple[str, str]] = set()  # batch and content of what ended without the store's knowledge
        self.leases: list[Lease] = []  # all that were ever given
        self.held: dict[str, str] = {}  # tokens in force; the verb that ended the others
        self.verbs: dict[str, str] = {}

    def document(self, lease: Lease) -> Document:
        return self.batches[lease.job.batch][lease.job.document]

    def jobs(self, place: str) -> Iterator[tuple[Job, Part]]:
        for batch, documents in self.batches.items():
            for content, document in documents.items():
                for number, part in document.parts.items():
                    if part.place == place:
                        yield Job(batch=batch, document=content, part=number), part

    def orphans(self) -> dict[Job, Part]:
        return {job: part for place in ("due", "sent") for job, part in self.jobs(place) if part.is_orphan}

    def let_go(self, lease: Lease, verb: str) -> None:
        self.held.pop(lease.token, None)
        self.verbs[lease.token] = verb

    def end(self, batch: str, content: str, state: str) -> None:
        self.batches[batch][content].end(state)
        if state != "cancelled":  # whoever cancels tells the store
            self.untold.add((batch, content))
        for lease in self.leases:
            if (lease.job.batch, lease.job.document) == (batch, content):
                self.held.pop(lease.token, None)

    def step(self, lease: Lease, verb: str, call: Any) -> bool:
        """Make a call under a lease. True: it holds, and the model must follow."""
        if lease.token in self.held:
            call()
            return True
        if self.verbs.get(lease.token) == verb:  # its answer might have been lost: asked again, it is no error
            call()
            return False
        with pytest.raises(LeaseLost):
            call()
        return False

    def hold(self, lease: Lease, part: Part) -> None:
        part.place, part.attempts, part.is_orphan = "leased", part.attempts + 1, False
        assert lease.attempt == part.attempts
        assert lease.assemble == (lease.job.part in self.document(lease).parts_done)
        self.leases.append(lease)
        self.held[lease.token] = ""

    def acquit(self, lease: Lease) -> None:
        document = self.batches.get(lease.job.batch, {}).get(lease.job.document)
        if document and lease.token in document.lapsed:
            document.lapsed.remove(lease.token)
            document.acquit(lease.job.part)

    def any_lease(self, data: st.DataObject) -> Lease:
        """A living one more often than a stale one."""
        living = [lease for lease in self.leases if lease.token in self.held]
        choice = living if living and data.draw(st.integers(0, 5)) else self.leases
        return data.draw(st.sampled_from(choice))

    # What must hold after every call

    @invariant()
    def counts_and_listings_agree(self) -> None:
        for batch, documents in self.batches.items():
            summary = self.ledger.batch(batch)
            states = [document.state for document in documents.values()]
            assert summary.documents == len(states)
            for state in ("queued", "running", "done", "failed", "cancelled"):
                assert getattr(summary, state) == states.count(state), state
            assert summary.pages == sum(document.pages for document in documents.values())
            assert summary.pages_done == sum(len(document.pages_done) for document in documents.values())
            listed = {entry.document: entry.state for entry in self.ledger.documents(batch)}
            assert listed == {content: document.state for content, document in documents.items()}
            letters = {letter.document for letter in self.ledger.dead_letters(batch)}
            assert letters == {content for content, document in documents.items() if document.ended == "failed"}
            assert self.client.zcard(f"test:batch:{batch}:failed") == len(letters)

    @invariant()
    def what_the_store_does_not_know_is_kept(self) -> None:
        members: list[bytes] = self.client.zrange("test:untold", 0, -1)  # type: ignore[assignment]
        assert {(member[:-33].decode(), member[-32:].hex()) for member in members} == self.untold

    @invariant()
    def every_job_stands_in_one_place(self) -> None:
        found: list[tuple[str, bytes]] = []
        for batch in self.batches:
            prefix = f"{batch}/".encode()
            fresh: list[bytes] = self.client.lrange(f"test:batch:{batch}:fresh", 0, -1)  # type: ignore[assignment]
            due: list[bytes] = self.client.zrange(f"test:batch:{batch}:due", 0, -1)  # type: ignore[assignment]
            found += [("due", prefix + b"0/" + content) for content in fresh]
            found += [("due", prefix + job) for job in due]
        for place in ("sent", "leased"):
            members: list[bytes] = self.client.zrange(f"test:queue:backlog:{place}", 0, -1)  # type: ignore[assignment]
            found += [(place, member) for member in members]
        expected = [
            (place, f"{job.batch}/{job.part}/".encode() + bytes.fromhex(job.document))
            for place in ("due", "sent", "leased")
            for job, _ in self.jobs(place)
        ]
        assert sorted(found) == sorted(expected)

    @invariant()
    def what_dead_workers_left_is_known(self) -> None:
        members: list[bytes] = self.client.zrange("test:queue:backlog:orphans", 0, -1)  # type: ignore[assignment]
        expected = [f"{job.batch}/{job.part}/".encode() + bytes.fromhex(job.document) for job in self.orphans()]
        assert sorted(members) == sorted(expected)

    @invariant()
    def every_unfinished_document_has_a_job(self) -> None:
        for documents in self.batches.values():
            for document in documents.values():
                places = {part.place for part in document.parts.values()}
                assert (places == {"over"}) == bool(document.ended)
