"""A worker's hold on a job: one at a time, counted, fenced, and given up in good time."""

import json
import time
from collections.abc import Callable

import pytest
import redis

from jobs.batch import DocumentEntry
from jobs.contract import Job
from jobs.errors import LeaseLost
from jobs.lease import Untold
from jobs.ledger import Lease, Ledger
from tests.ledger_steps import (
    IDLE,
    MAX_ATTEMPTS,
    PIN,
    RECIPE,
    SHORT_S,
    done,
    fail,
    fill,
    lapse,
    racing,
    source,
    take,
    take_next,
    until,
)


def test_a_lease_says_what_the_worker_needs(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice", queue="urgent")
    lease = take_next(ledger, "urgent")
    assert (lease.queue, lease.recipe, lease.media_type, lease.size_bytes) == ("urgent", RECIPE, "application/pdf", 7)
    assert (lease.attempt, lease.pages, lease.parts, lease.assemble) == (1, 0, 1, False)
    (entry,) = ledger.documents("march")
    assert (entry.state, entry.attempts, entry.node) == ("running", 1, "node-a")


def test_a_second_delivery_steps_aside_while_the_lease_lives(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice")
    (job,) = ledger.dispatch("backlog", 1)
    lease = take(ledger, job)
    assert ledger.take(job, "node-b") is None
    ledger.finish(lease, done(lease))
    assert ledger.take(job, "node-b") is None
    assert ledger.documents("march")[0].attempts == 1


def test_racing_workers_get_one_lease(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(20)))
    for job in ledger.dispatch("backlog", 20):
        leases = racing([lambda job=job: ledger.take(job, "node-a")] * 8)  # type: ignore[misc]
        assert sum(lease is not None for lease in leases) == 1
    assert ledger.batch("march").running == 20


@pytest.mark.parametrize("known", [True, False])
def test_a_job_that_the_ledger_does_not_expect_is_dropped(ledger: Ledger, known: bool) -> None:
    if known:
        fill(ledger, "march", "invoice")
    stranger = Job(batch="march", document=source("stranger").document)
    other_part = Job(batch="march", document=source("invoice").document, part=7)
    assert ledger.take(stranger, "node-a") is None
    assert ledger.take(other_part, "node-a") is None


def test_a_job_that_comes_before_it_was_sent_is_taken_and_not_sent_again(ledger: Ledger) -> None:
    (document,) = fill(ledger, "march", "invoice")
    take(ledger, Job(batch="march", document=document.document))
    assert ledger.dispatch("backlog", 5) == []


def test_taking_again_after_a_lost_answer_gives_the_same_lease(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ledger, "march", "invoice")
    (job,) = ledger.dispatch("backlog", 1)
    monkeypatch.setattr("secrets.token_hex", lambda size: "00" * size)  # what redis-py's own retry sends
    assert ledger.take(job, "node-a") == ledger.take(job, "node-a")
    assert ledger.documents("march")[0].attempts == 1


def test_a_renewed_lease_does_not_lapse(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    lease = take_next(hasty)
    deadline = time.monotonic() + 4 * SHORT_S
    while time.monotonic() < deadline:
        hasty.renew(lease)
        assert hasty.reconcile(IDLE).lapsed == 0
        time.sleep(SHORT_S / 10)
    hasty.finish(lease, done(lease))


def test_a_silent_workers_job_is_due_again_with_its_attempt_counted(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    take_next(hasty)
    lapse(hasty, "node-a")
    assert hasty.batch("march").queued == 1
    assert take_next(hasty).attempt == 2


def test_a_redelivered_job_is_taken_over_once_its_lease_has_lapsed(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    first = take_next(hasty)
    second = until(lambda: hasty.beat("node-a", 1) or hasty.take(first.job, "node-b"))
    assert second.attempt == 2
    with pytest.raises(LeaseLost):
        hasty.renew(first)


STEPS: dict[str, Callable[[Ledger, Lease], object]] = {
    "renew": lambda ledger, lease: ledger.renew(lease),
    "split": lambda ledger, lease: ledger.split(lease, 20, 3, PIN),
    "page_done": lambda ledger, lease: ledger.page_done(lease, 1),
    "part_done": lambda ledger, lease: ledger.part_done(lease),
    "finish": lambda ledger, lease: ledger.finish(lease, done(lease)),
    "fail": lambda ledger, lease: fail(ledger, lease, "CorruptDocument: damaged"),
    "retry_later": lambda ledger, lease: ledger.retry_later(lease, "StoreUnavailable: away", 1),
    "bereave": lambda ledger, lease: ledger.bereave(lease.job, lease.token, "WorkerKilled: by SIGKILL", 1, ()),
    "give_back": lambda ledger, lease: ledger.give_back(lease),
}


def _documents(ledger: Ledger) -> list[DocumentEntry]:
    """All but the attempts: who lost its lease and lives may get its own back."""
    return [entry.model_copy(update={"attempts": 0}) for entry in ledger.documents("march")]


@pytest.mark.parametrize("step", STEPS)
def test_who_lost_the_lease_changes_nothing(hasty: Ledger, step: str) -> None:
    fill(hasty, "march", "invoice")
    stale = take_next(hasty)
    fresh = until(lambda: hasty.take(stale.job, "node-b"))
    before = (hasty.batch("march"), _documents(hasty))
    with pytest.raises(LeaseLost):
        STEPS[step](hasty, stale)
    assert (hasty.batch("march"), _documents(hasty)) == before
    hasty.renew(fresh)


def test_a_document_that_kills_its_workers_becomes_a_dead_letter(hasty: Ledger) -> None:
    (poison,) = fill(hasty, "march", "poison")
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert take_next(hasty).attempt == attempt
        lapse(hasty, "node-a")
    assert hasty.dispatch("backlog", 5) == []
    (letter,) = hasty.dead_letters("march")
    assert (letter.document, letter.names, letter.attempts) == (poison.document, (poison.name,), MAX_ATTEMPTS)
    assert letter.reason.startswith("WorkerKilled: ")
    assert letter.node == "node-a"
    assert letter.died_s == pytest.approx(time.time(), abs=60)


def test_a_poison_document_is_also_stopped_when_it_is_delivered_again(hasty: Ledger) -> None:
    fill(hasty, "march", "poison")
    (job,) = hasty.dispatch("backlog", 1)
    for _ in range(MAX_ATTEMPTS):
        until(lambda: hasty.beat("node-a", 1) or hasty.take(job, "node-a"))
    until(lambda: hasty.beat("node-a", 1) or hasty.take(job, "node-b") or hasty.batch("march").failed)
    assert hasty.documents("march")[0].reason.startswith("WorkerKilled: ")


def test_the_ledgers_own_verdicts_are_told_until_the_store_has_them(hasty: Ledger) -> None:
    fill(hasty, "march", "poison")
    for _ in range(MAX_ATTEMPTS - 1):
        hasty.retry_later(take_next(hasty), "EngineUnavailable: away", 0)
    hasty.retry_later(take_next(hasty), "EngineUnavailable: away", 0)
    for _ in range(2):
        (untold,) = until(lambda: hasty.reconcile(IDLE).untold)
        assert untold.batch == "march"
        assert (untold.outcome.state, untold.outcome.reason) == ("failed", "EngineUnavailable: away")
    assert hasty.stored([untold]) == []
    assert until(lambda: (found := hasty.reconcile(IDLE)).ran and found).untold == ()


def test_what_a_worker_died_before_telling_the_store_is_told_after_a_lease(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    lease = take_next(hasty)
    hasty.finish(lease, done(lease, pages=2))
    (untold,) = until(lambda: hasty.reconcile(IDLE).untold)
    assert untold.outcome == done(lease, pages=2)


def test_an_outcome_that_came_late_is_taken_back_or_written_over(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice")
    lease = take_next(ledger)
    fail(ledger, lease, "CorruptDocument: damaged")
    ledger.retry("march", [lease.job.document])  # before its worker could tell the store
    told = [Untold(batch="march", outcome=done(lease))]
    assert ledger.stored(told) == told
    lease = take_next(ledger)
    ledger.finish(lease, done(lease))
    assert ledger.stored(told) == []
    assert ledger.untold() == 0
    assert ledger.stored(told) == []  # somebody else has told the store, too, and maybe something old
    assert ledger.untold() == 1


def test_a_failed_document_is_never_sent_again_by_itself(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice")
    fail(ledger, take_next(ledger), "EncryptedDocument: it needs a password")
    assert ledger.dispatch("backlog", 5) == []
    assert ledger.dead_letters("march")[0].reason == "EncryptedDocument: it needs a password"


def test_an_attempt_that_does_not_count_is_given_back(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice")
    for _ in range(2 * MAX_ATTEMPTS):
        ledger.give_back(take_next(ledger))
        ledger.retry_later(take_next(ledger), "StoreUnavailable: away", 0, counted=False)
    (entry,) = ledger.documents("march")
    assert (entry.state, entry.attempts, entry.reason) == ("queued", 0, "StoreUnavailable: away")


def test_a_job_that_backs_off_is_not_due_before_its_time(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice")
    ledger.retry_later(take_next(ledger), "StoreUnavailable: away", 0.3)
    let_go = time.monotonic()
    until(lambda: ledger.dispatch("backlog", 1))
    assert time.monotonic() - let_go > 0.2


def test_retry_queues_failed_documents_anew(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(3)))
    leases = [take_next(ledger) for _ in range(3)]
    for lease in leases[:2]:
        ledger.split(lease, 4, 1, PIN)
        fail(ledger, lease, "CorruptDocument: damaged")
    assert ledger.retry("march", [leases[0].job.document, leases[2].job.document]) == 1
    assert ledger.retry("march", [lease.job.document for lease in leases]) == 1
    assert ledger.retry("march", [lease.job.document for lease in leases]) == 0
    summary = ledger.batch("march")
    assert (summary.queued, summary.running, summary.failed, summary.pages) == (2, 1, 0, 0)
    assert ledger.dead_letters("march") == []
    assert [take_next(ledger).attempt for _ in range(2)] == [1, 1]


def test_a_worker_that_lost_its_lease_and_lives_gets_the_attempt_back(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    frozen = take_next(hasty)
    lapse(hasty, "node-a")
    for _ in range(2):  # once only
        with pytest.raises(LeaseLost):
            hasty.renew(frozen)
    assert until(lambda: hasty.dispatch("backlog", 1))
    assert take(hasty, frozen.job, "node-b").attempt == 1


@pytest.mark.parametrize("asked", ["take", "take_next"])
def test_a_job_of_a_newer_ocrfleet_waits_for_a_node_that_can_read_it(
    ledger: Ledger, redis_url: str, asked: str
) -> None:
    fill(ledger, "march", "invoice")
    newer = json.dumps(RECIPE.model_dump() | {"unheard": 1})
    redis.Redis.from_url(redis_url).hset("test:batch:march", "recipe", newer)

    if asked == "take":
        lease = ledger.take(ledger.dispatch("backlog", 1)[0], "old")
    else:
        lease = ledger.take_next("backlog", "old")

    redis.Redis.from_url(redis_url).hset("test:batch:march", "recipe", RECIPE.to_json())
    (entry,) = ledger.documents("march")
    assert (lease, entry.state, entry.attempts) == (None, "queued", 0)
    assert entry.reason.startswith("NodeOutdated: old ")


def test_a_document_is_not_blamed_for_a_node_that_vanished_with_it(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    for _ in range(MAX_ATTEMPTS + 1):
        assert take_next(hasty).attempt == 1
        lapse(hasty)
    assert take_next(hasty).attempt == 1


def test_a_document_that_always_takes_its_node_along_is_given_up_in_the_end(hasty: Ledger) -> None:
    fill(hasty, "march", "poison")
    leases = 0
    while not hasty.batch("march").failed:
        take_next(hasty)
        leases += 1
        lapse(hasty)
    assert leases == 10 + MAX_ATTEMPTS
    assert hasty.dead_letters("march")[0].reason.startswith("WorkerKilled: ")


def test_what_a_killed_worker_held_is_due_again_as_soon_as_one_of_its_name_starts(ledger: Ledger) -> None:
    fill(ledger, "march", "held", "another")
    killed = take_next(ledger)
    (job,) = ledger.dispatch("backlog", 1)
    others = take(ledger, job, "node-b")
    assert ledger.arrive("node-a") == 1
    with pytest.raises(LeaseLost):
        ledger.renew(killed)
    ledger.renew(others)
    assert take_next(ledger).attempt == 1


@pytest.mark.parametrize("asked", ["take", "take_next"])
def test_what_a_dead_worker_left_goes_before_what_was_sent_and_is_due(ledger: Ledger, asked: str) -> None:
    fill(ledger, "april", "left")
    left = take_next(ledger)
    fill(ledger, "march", *"abcde")
    sent, *others = ledger.dispatch("backlog", 3)
    ledger.arrive("node-a")

    first = take(ledger, sent, "node-b") if asked == "take" else ledger.take_next("backlog", "node-b")

    assert first is not None
    assert first.job == left.job
    ledger.finish(first, done(first))
    waiting = [sent, *others] if asked == "take_next" else others
    assert [take(ledger, job, "node-b").job for job in waiting] == waiting
    if asked == "take":  # it has kept its turn: it goes before what was never sent
        assert sent in ledger.dispatch("backlog", 2)


def test_an_orphan_that_an_older_worker_took_is_left_to_it(ledger: Ledger, redis_url: str) -> None:
    fill(ledger, "march", "left", "next")
    left = take_next(ledger)
    ledger.arrive("node-a")
    (orphan,) = (client := redis.Redis.from_url(redis_url)).zrange("test:queue:backlog:orphans", 0, -1)
    taken = ledger.take_next("backlog", "node-b")
    client.zadd("test:queue:backlog:orphans", {orphan: 1})  # an older one does not strike it off

    another = ledger.take_next("backlog", "node-c")

    assert taken is not None and another is not None
    assert taken.job == left.job != another.job
    ledger.renew(taken)


def test_a_silent_worker_gets_no_attempt_back(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    killed = take_next(hasty)
    lapse(hasty, "node-a")
    assert until(lambda: hasty.dispatch("backlog", 1))
    assert take(hasty, killed.job, "node-b").attempt == 2


def test_a_document_that_always_outlasts_its_lease_is_given_up_in_the_end(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    leases = 0
    while not hasty.batch("march").failed:
        lease = take_next(hasty)
        leases += 1
        lapse(hasty, "node-a")
        if not hasty.batch("march").failed:
            with pytest.raises(LeaseLost):
                hasty.renew(lease)
    assert leases == 10 + MAX_ATTEMPTS
