"""The ledger against a reference model of itself: any order of calls, and both say the same."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from jobs.contract import Job, Recipe
from jobs.errors import LeaseLost
from jobs.lease import Untold
from jobs.ledger import Lease, Ledger
from jobs.result import Outcome
from tests.ledger_steps import IDLE, PIN, RECIPE, source

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
            part.place = "over"


class LedgerMachine(RuleBasedStateMachine):
    """Calls the ledger and the model alike. Leases never lapse by themselves: `lapse` makes them."""

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

    def teardown(self) -> None:
        self.work_to_the_end()
        self.client.close()

    # The model's own

    def document(self, lease: Lease) -> Document:
        return self.batches[lease.job.batch][lease.job.document]

    def jobs(self, place: str) -> Iterator[tuple[Job, Part]]:
        for batch, documents in self.batches.items():
            for content, document in documents.items():
                for number, part in document.parts.items():
                    if part.place == place:
                        yield Job(batch=batch, document=content, part=number), part

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

    # Calls

    @rule(batch=st.sampled_from(BATCHES), sources=st.lists(st.sampled_from(SOURCES), max_size=3))
    def add(self, batch: str, sources: list[Any]) -> None:
        self.ledger.create_batch(batch, RECIPE, "backlog")
        documents = self.batches.setdefault(batch, {})
        expected = []
        for one in sources:
            expected.append(one.document not in documents)
            documents.setdefault(one.document, Document())
        assert self.ledger.add(batch, sources) == expected

    @rule(room=st.integers(1, 4))
    def dispatch(self, room: int) -> None:
        due = list(self.jobs("due"))
        sent = self.ledger.dispatch("backlog", room)
        assert len(sent) == min(room, len(due))
        for job in sent:
            part = self.batches[job.batch][job.document].parts[job.part]
            assert part.place == "due"
            part.place = "sent"

    @rule(parts=st.integers(1, PAGES))
    def work(self, parts: int) -> None:
        """What happens most: a job is sent, taken and split."""
        due = dict(self.jobs("due"))
        for job in self.ledger.dispatch("backlog", 1):
            due[job].place = "sent"
            lease = self.take_job(job)
            if lease is not None:
                self.split_lease(lease, parts)

    @precondition(lambda self: any(self.batches.values()))
    @rule(data=st.data(), number=st.integers(0, 2), known=st.booleans())
    def take(self, data: st.DataObject, number: int, known: bool) -> None:
        waiting = [job for place in ("sent", "due") for job, _ in self.jobs(place)]
        if known and waiting:
            job = data.draw(st.sampled_from(waiting))
        else:
            batch = data.draw(st.sampled_from([name for name, documents in self.batches.items() if documents]))
            content = data.draw(st.sampled_from(sorted(self.batches[batch])))
            job = Job(batch=batch, document=content, part=number)
        self.take_job(job)

    def take_job(self, job: Job) -> Lease | None:
        document = self.batches[job.batch][job.document]
        part = document.parts.get(job.part)
        lease = self.ledger.take(job, "node-a")
        if part is None or part.place not in {"due", "sent"}:
            assert lease is None
            return None
        if part.attempts >= MAX_ATTEMPTS:
            assert lease is None
            self.end(job.batch, job.document, "failed")
            return None
        assert lease is not None
        self.hold(lease, part)
        return lease

    def hold(self, lease: Lease, part: Part) -> None:
        part.place, part.attempts = "leased", part.attempts + 1
        assert lease.attempt == part.attempts
        assert lease.assemble == (lease.job.part in self.document(lease).parts_done)
        self.leases.append(lease)
        self.held[lease.token] = ""

    def give_up_if_failed(self, job: Job) -> None:
        states = {entry.document: entry.state for entry in self.ledger.documents(job.batch)}
        if states[job.document] == "failed" and not self.batches[job.batch][job.document].ended:
            self.end(job.batch, job.document, "failed")

    @rule()
    def take_next(self) -> None:
        due = dict(self.jobs("due"))
        lease = self.ledger.take_next("backlog", "node-a")
        worn_out = [job for job, part in due.items() if part.attempts >= MAX_ATTEMPTS]
        for job in worn_out:  # met on the way to one that can be taken
            self.give_up_if_failed(job)
        if lease is None:
            assert not [job for job in due if job not in worn_out]
        else:
            self.hold(lease, due[lease.job])

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), parts=st.integers(1, PAGES))
    def split(self, data: st.DataObject, parts: int) -> None:
        self.split_lease(self.any_lease(data), parts)

    def split_lease(self, lease: Lease, parts: int) -> None:
        if self.step(lease, "split", lambda: self.ledger.split(lease, PAGES, parts, PIN)):
            document = self.document(lease)
            if not document.pages:
                document.pages = PAGES
                document.parts |= {number: Part() for number in range(1, parts)}

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), page=st.integers(1, PAGES))
    def page_done(self, data: st.DataObject, page: int) -> None:
        lease = self.any_lease(data)
        if lease.token in self.held and not self.document(lease).pages:
            return  # a document is split before its pages are done
        if self.step(lease, "page_done", lambda: self.ledger.page_done(lease, page)):
            self.document(lease).pages_done.add(page)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def part_done(self, data: st.DataObject) -> None:
        lease, last = self.any_lease(data), []
        if self.step(lease, "part_done", lambda: last.append(self.ledger.part_done(lease))):
            document = self.document(lease)
            document.parts_done.add(lease.job.part)
            assert last == [len(document.parts_done) == len(document.parts)]
            if not last[0]:
                document.parts[lease.job.part].place = "over"
                self.let_go(lease, "part_done")

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        lease = self.any_lease(data)
        if self.step(lease, "reopen", lambda: self.ledger.reopen(lease)):
            document = self.document(lease)
            document.pages_done.clear()
            for number in document.parts_done - {lease.job.part}:
                document.parts[number] = Part()
            document.parts_done.clear()

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), state=st.sampled_from(["done", "failed"]))
    def finish(self, data: st.DataObject, state: str) -> None:
        self.finish_lease(self.any_lease(data), state)

    def finish_lease(self, lease: Lease, state: str) -> None:
        outcome = Outcome(document=lease.job.document, state=state, pages=PAGES if state == "done" else 0)  # type: ignore[arg-type]
        if self.step(lease, "finish", lambda: self.ledger.finish(lease, outcome)):
            document = self.document(lease)
            self.end(lease.job.batch, lease.job.document, state)
            self.let_go(lease, "finish")
            if state == "done":
                document.pages, document.pages_done = PAGES, set(range(PAGES))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), counted=st.booleans())
    def put_back(self, data: st.DataObject, counted: bool) -> None:
        lease = self.any_lease(data)
        if self.step(lease, "put_back", lambda: self.ledger.retry_later(lease, REASON, 0, counted=counted)):
            part = self.document(lease).parts[lease.job.part]
            if counted and part.attempts >= MAX_ATTEMPTS:
                self.end(lease.job.batch, lease.job.document, "failed")
            else:
                part.place, part.attempts = "due", part.attempts - (not counted)
            self.let_go(lease, "put_back")
        elif not counted:
            self.acquit(lease)

    def acquit(self, lease: Lease) -> None:
        document = self.batches.get(lease.job.batch, {}).get(lease.job.document)
        if document and lease.token in document.lapsed:
            document.lapsed.remove(lease.token)
            document.acquit(lease.job.part)

    @precondition(lambda self: any(self.batches.values()))
    @rule(data=st.data())
    def stored(self, data: st.DataObject) -> None:
        known = [(batch, content) for batch, documents in self.batches.items() for content in sorted(documents)]
        batch, content = data.draw(st.sampled_from(known))
        ended = bool(self.batches[batch][content].ended)
        told = [Untold(batch=batch, outcome=Outcome(document=content, state="done"))]
        assert self.ledger.stored(told) == ([] if ended else told)
        if ended:  # told a second time, it may have been told something old: it is told once more
            self.untold ^= {(batch, content)}

    @precondition(lambda self: self.held)
    @rule(data=st.data(), node_lives=st.booleans())
    def lapse(self, data: st.DataObject, node_lives: bool) -> None:
        if node_lives:
            self.ledger.beat("node-a", 1)
        else:
            self.ledger.leave("node-a")
        lease = data.draw(st.sampled_from([lease for lease in self.leases if lease.token in self.held]))
        job = lease.job
        member = f"{job.batch}/{job.part}/".encode() + bytes.fromhex(job.document)
        assert self.client.zadd("test:queue:backlog:leased", {member: 1}, xx=True, ch=True) == 1
        self.client.delete("test:reconciled")
        assert self.ledger.reconcile({"backlog": 1}).lapsed == 1
        document = self.document(lease)
        part = document.parts[job.part]
        if not node_lives:
            document.acquit(job.part)
        if part.attempts >= MAX_ATTEMPTS:
            self.end(job.batch, job.document, "failed")
        else:
            part.place = "due"
            if node_lives:
                document.lapsed.add(lease.token)
            self.held.pop(lease.token)

    @rule()
    def node_starts_again(self) -> None:
        held = [lease for lease in self.leases if lease.token in self.held]
        assert self.ledger.arrive("node-a") == len(held)
        for lease in held:
            self.document(lease).parts[lease.job.part].place = "due"
            self.document(lease).acquit(lease.job.part)
            self.held.pop(lease.token)

    @rule()
    def lose_all_messages(self) -> None:
        sent = list(self.jobs("sent"))
        self.client.delete("test:reconciled")
        assert self.ledger.reconcile(IDLE, lost_after_s=0).lost == len(sent)
        for _, part in sent:
            part.place = "due"

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(sorted(self.batches)))
        unfinished = [content for content, document in self.batches[batch].items() if not document.ended]
        assert self.ledger.cancel(batch) == len(unfinished)
        for content in unfinished:
            self.end(batch, content, "cancelled")

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), recipe=st.none() | st.just(Recipe(engine="null", run="again")))
    def requeue(self, data: st.DataObject, recipe: Recipe | None) -> None:
        batch = data.draw(st.sampled_from(sorted(self.batches)))
        ended = FINISHED if recipe else {"failed"}
        contents = [content for content, document in self.batches[batch].items() if document.ended in ended]
        every = sorted(self.batches[batch])
        requeued = self.ledger.again(batch, recipe, every) if recipe else self.ledger.retry(batch)
        assert requeued == len(contents)
        for content in contents:
            self.batches[batch][content] = Document()
            self.untold.discard((batch, content))
        if recipe:
            self.ledger.again(batch, RECIPE, every[:0])
            self.client.hset(f"test:batch:{batch}", "recipe", RECIPE.to_json())

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(sorted(self.batches)))
        for content in self.batches[batch]:
            self.end(batch, content, "cancelled")
        gone = self.batches.pop(batch)
        self.untold -= {(batch, content) for content in gone}
        others = {content for documents in self.batches.values() for content in documents}
        dropped = {one.document: one.last_reference for one in chain.from_iterable(self.ledger.delete(batch))}
        assert dropped == {content: content not in others for content in gone}

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(sorted(self.batches)))
        failed = {content for content, document in self.batches[batch].items() if document.ended == "failed"}
        dropped = {one.document for one in chain.from_iterable(self.ledger.drop(batch, sorted(self.batches[batch])))}
        assert dropped == failed
        for content in failed:
            del self.batches[batch][content]
        self.untold -= {(batch, content) for content in failed}

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
    def every_unfinished_document_has_a_job(self) -> None:
        for documents in self.batches.values():
            for document in documents.values():
                places = {part.place for part in document.parts.values()}
                assert (places == {"over"}) == bool(document.ended)

    def work_to_the_end(self) -> None:
        """A willing worker takes all that is left, and each document ends once."""
        for lease in [lease for lease in self.leases if lease.token in self.held]:
            if lease.token in self.held:
                self.finish_lease(lease, "done")
        while jobs := self.ledger.dispatch("backlog", 10) or [job for job, _ in self.jobs("sent")]:
            for job in jobs:
                self.batches[job.batch][job.document].parts[job.part].place = (
                    "sent" if not self.batches[job.batch][job.document].ended else "over"
                )
                lease = self.take_job(job)
                if lease is not None:
                    self.finish_lease(lease, "done")
        for documents in self.batches.values():
            assert {document.state for document in documents.values()} <= FINISHED
        self.counts_and_listings_agree()
        self.every_job_stands_in_one_place()


def test_the_ledger_does_what_the_model_says(redis_url: str) -> None:
    run_state_machine_as_test(
        lambda: LedgerMachine(redis_url),
        settings=settings(
            max_examples=100, stateful_step_count=50, deadline=None, derandomize=True, suppress_health_check=HealthCheck
        ),
    )


@pytest.mark.prove
def test_the_ledger_does_what_the_model_says_at_length(redis_url: str) -> None:
    run_state_machine_as_test(
        lambda: LedgerMachine(redis_url),
        settings=settings(max_examples=500, stateful_step_count=80, deadline=None, suppress_health_check=HealthCheck),
    )
