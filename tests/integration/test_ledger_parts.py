"""Long documents: their pages, their parts, and the one that assembles them."""

import pytest
import redis

from jobs.errors import LeaseLost
from jobs.lease import Pin
from jobs.ledger import Ledger
from tests.ledger_steps import PIN, done, fail, fill, lapse, racing, take, take_next

PAGES = range(1, 28)


def test_parts_cover_all_pages_once(ledger: Ledger) -> None:
    fill(ledger, "march", "long")
    first = ledger.split(take_next(ledger), pages=27, parts=4, pin=PIN)
    leases = [first, *(take_next(ledger) for _ in range(3))]
    assert {(lease.pages, lease.parts) for lease in leases} == {(27, 4)}
    assert sorted(page for lease in leases for page in lease.share(PAGES)) == list(PAGES)
    assert {len(lease.share(PAGES)) for lease in leases} == {6, 7}
    assert ledger.dispatch("backlog", 5) == []


def test_a_document_is_split_once(ledger: Ledger) -> None:
    fill(ledger, "march", "long")
    ledger.give_back(ledger.split(take_next(ledger), pages=27, parts=4, pin=PIN))
    jobs = ledger.dispatch("backlog", 10)
    again = ledger.split(take(ledger, next(job for job in jobs if job.part == 0)), pages=27, parts=9, pin=PIN)
    assert again.parts == 4
    assert len(jobs) == 4
    assert ledger.batch("march").pages == 27


def test_pages_count_once_however_often_they_are_done(hasty: Ledger) -> None:
    fill(hasty, "march", "long")
    lease = hasty.split(take_next(hasty), pages=3, parts=1, pin=PIN)
    for page in (1, 2, 2):
        hasty.page_done(lease, page)
    lapse(hasty)
    lease = take_next(hasty)
    assert lease.pages == 3
    hasty.page_done(lease, 2)
    assert hasty.batch("march").pages_done == hasty.documents("march")[0].pages_done == 2
    hasty.page_done(lease, 3)
    assert hasty.part_done(lease)
    hasty.finish(lease, done(lease, pages=3))
    assert (hasty.batch("march").pages, hasty.batch("march").pages_done) == (3, 3)


def test_racing_parts_make_one_assembler(ledger: Ledger) -> None:
    for number in range(10):
        fill(ledger, "march", f"long-{number}")
        first = ledger.split(take_next(ledger), pages=16, parts=8, pin=PIN)
        leases = [first, *(take_next(ledger) for _ in range(7))]
        last = racing([lambda lease=lease: ledger.part_done(lease) for lease in leases])  # type: ignore[misc]
        assert sum(last) == 1
        assembler = leases[last.index(True)]
        ledger.finish(assembler, done(assembler, pages=16))
    assert ledger.batch("march").done == 10


def test_another_assembles_when_the_assembler_dies(hasty: Ledger) -> None:
    fill(hasty, "march", "long")
    first = hasty.split(take_next(hasty), pages=8, parts=2, pin=PIN)
    assert not hasty.part_done(first)
    second = take_next(hasty)
    assert hasty.part_done(second)
    lapse(hasty)
    heir = take_next(hasty)
    assert heir.assemble
    assert hasty.part_done(heir)
    with pytest.raises(LeaseLost):
        hasty.finish(second, done(second, pages=8))
    hasty.finish(heir, done(heir, pages=8))
    assert hasty.batch("march").done == 1


def test_a_part_that_is_done_is_not_done_again(ledger: Ledger) -> None:
    fill(ledger, "march", "long")
    first = ledger.split(take_next(ledger), pages=8, parts=2, pin=PIN)
    assert not ledger.part_done(first)
    assert ledger.take(first.job, "node-b") is None
    assert [job.part for job in ledger.dispatch("backlog", 5)] == [1]


def test_when_one_part_fails_the_others_lose_their_lease(ledger: Ledger) -> None:
    fill(ledger, "march", "long")
    first = ledger.split(take_next(ledger), pages=30, parts=3, pin=PIN)
    second = take_next(ledger)
    fail(ledger, second, "CorruptDocument: page 12 is damaged")
    with pytest.raises(LeaseLost):
        ledger.renew(first)
    assert ledger.dispatch("backlog", 5) == []
    assert (ledger.batch("march").failed, ledger.window("backlog")) == (1, 0)


def test_a_step_whose_answer_was_lost_may_be_repeated(ledger: Ledger) -> None:
    fill(ledger, "march", "long", "short", "shorter")
    first = ledger.split(take_next(ledger), pages=8, parts=2, pin=PIN)
    assert [ledger.part_done(first), ledger.part_done(first)] == [False, False]
    short = take_next(ledger)
    for _ in range(2):
        ledger.finish(short, done(short))
    with pytest.raises(LeaseLost):
        ledger.give_back(short)
    assert ledger.batch("march").done == 1


def test_a_finished_document_leaves_no_bookkeeping(ledger: Ledger, client: redis.Redis) -> None:
    fill(ledger, "march", "long")
    lease = ledger.split(take_next(ledger), pages=8, parts=3, pin=PIN)
    ledger.page_done(lease, 1)
    ledger.finish(lease, done(lease, pages=8))
    names = {key.split(b":", 3)[-1].split(b":")[0] for key in client.scan_iter("test:batch:*")}
    assert names == {b"march", b"documents", b"order"}
    assert ledger.window("backlog") == 0


def test_a_document_in_parts_is_pinned_to_what_its_first_part_was_done_with(ledger: Ledger) -> None:
    fill(ledger, "march", "a")
    first = ledger.split(take_next(ledger), pages=27, parts=2, pin=PIN)
    assert first.pin is None  # it decides

    assert take_next(ledger).pin == PIN


def test_a_pin_holds_while_another_node_lives_that_has_what_it_names(hasty: Ledger) -> None:
    fill(hasty, "march", "a")
    hasty.beat("node-a", 1)
    hasty.part_done(hasty.split(take_next(hasty), pages=27, parts=2, pin=PIN))
    other = hasty.dispatch("backlog", 1)[0]
    lease = take(hasty, other, "node-b")
    mine = Pin(fingerprint="f" * 16, engine="null 2")

    assert not hasty.reopen(lease, mine)
    hasty.give_back(lease)
    assert take_next(hasty).pin == PIN


def test_when_no_node_is_left_that_has_it_the_next_decides_anew_and_all_parts_are_done_again(ledger: Ledger) -> None:
    fill(ledger, "march", "a")
    ledger.beat("node-a", 1)
    first = ledger.split(take_next(ledger), pages=2, parts=2, pin=PIN)
    ledger.page_done(first, 1)
    ledger.part_done(first)
    ledger.leave("node-a")
    lease = take(ledger, ledger.dispatch("backlog", 1)[0], "node-b")
    mine = Pin(fingerprint="f" * 16, engine="null 2")

    assert ledger.reopen(lease, mine)
    assert ledger.batch("march").pages_done == 0
    again = take_next(ledger)
    assert (again.job.part, again.pin, again.attempt) == (0, mine, 1)
    assert not ledger.part_done(again)
    assert ledger.part_done(lease)


def test_a_node_that_was_set_up_anew_no_longer_vouches_for_what_it_had(ledger: Ledger) -> None:
    fill(ledger, "march", "a")
    ledger.beat("node-a", 1)
    ledger.part_done(ledger.split(take_next(ledger), pages=2, parts=2, pin=PIN))

    assert ledger.reopen(take_next(ledger), Pin(fingerprint="f" * 16, engine="null 2"))
