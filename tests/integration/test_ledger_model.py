"""The ledger against a reference model of itself: any order of calls, and both say the same."""

from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from jobs.contract import Job, Recipe
from jobs.lease import Untold
from jobs.ledger import Lease
from jobs.result import Outcome
from tests.ledger_model import (
    BATCHES,
    FINISHED,
    MAX_ATTEMPTS,
    PAGES,
    REASON,
    SOURCES,
    Document,
    Part,
    Reference,
)
from tests.ledger_steps import IDLE, PIN, RECIPE


class LedgerMachine(Reference):
    """Calls the ledger and the model alike: `lapse` makes leases lapse."""

    def teardown(self) -> None:
        self.work_to_the_end()
        self.client.close()

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
        part, orphans = document.parts.get(job.part), self.orphans()
        lease = self.ledger.take(job, "node-a")
        self.give_up_worn_out(orphans)
        if any(orphan.is_orphan for orphan in orphans.values()):
            assert lease is not None
            if lease.job != job and part is not None and part.place == "sent":
                part.place = "due"
            self.hold(lease, orphans[lease.job])
            return lease
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

    def give_up_worn_out(self, met: dict[Job, Part]) -> None:
        """Those that may have been met on the way to one that can be taken."""
        for job, part in met.items():
            if part.attempts >= MAX_ATTEMPTS:
                self.give_up_if_failed(job)

    def give_up_if_failed(self, job: Job) -> None:
        states = {entry.document: entry.state for entry in self.ledger.documents(job.batch)}
        if states[job.document] == "failed" and not self.batches[job.batch][job.document].ended:
            self.end(job.batch, job.document, "failed")

    @rule()
    def take_next(self) -> None:
        orphans = self.orphans()
        due = dict(self.jobs("due")) | orphans
        lease = self.ledger.take_next("backlog", "node-a")
        self.give_up_worn_out(due)
        if lease is None:
            assert not [part for part in due.values() if part.place != "over"]
        else:
            assert lease.job in orphans or not [part for part in orphans.values() if part.place != "over"]
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
            part.place, part.is_orphan = "due", True
            if node_lives:
                document.lapsed.add(lease.token)
            self.held.pop(lease.token)

    @rule()
    def node_starts_again(self) -> None:
        held = [lease for lease in self.leases if lease.token in self.held]
        assert self.ledger.arrive("node-a") == len(held)
        for lease in held:
            part = self.document(lease).parts[lease.job.part]
            part.place, part.is_orphan = "due", True
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
        ended = FINISHED if recipe else {"failed", "cancelled"}
        contents = [content for content, document in self.batches[batch].items() if document.ended in ended]
        every = sorted(self.batches[batch])
        requeued = self.ledger.again(batch, recipe, every) if recipe else self.ledger.retry(batch, every)
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
