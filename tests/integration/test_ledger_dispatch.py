"""What the ledger sends when, and what it brings back: fair, bounded, nothing lost."""

from jobs.contract import Queue
from jobs.ledger import Ledger
from tests.ledger_steps import IDLE, PIN, done, fill, racing, take, take_next, until


def test_no_more_is_sent_than_there_is_room_and_nothing_twice(ledger: Ledger) -> None:
    sources = fill(ledger, "march", *(str(number) for number in range(10)))
    first, second = ledger.dispatch("backlog", 4), ledger.dispatch("backlog", 100)
    assert len(first) == 4
    assert [job.document for job in first + second] == [source.document for source in sources]
    assert ledger.dispatch("backlog", 4) == []
    assert ledger.window("backlog") == 10


def test_batches_are_served_one_job_each_in_turn(ledger: Ledger) -> None:
    for batch, size in (("huge", 50), ("small", 3), ("tiny", 1)):
        fill(ledger, batch, *(f"{batch}-{number}" for number in range(size)))
    served = [job.batch for job in ledger.dispatch("backlog", 9)]
    assert sorted(served[:3]) == ["huge", "small", "tiny"]
    assert sorted(served[3:7]) == ["huge", "huge", "small", "small"]
    assert served[7:] == ["huge", "huge"]


def test_turns_go_on_from_one_call_to_the_next(ledger: Ledger) -> None:
    for batch in ("a", "b", "c"):
        fill(ledger, batch, *(f"{batch}-{number}" for number in range(4)))
    served = [job.batch for _ in range(6) for job in ledger.dispatch("backlog", 1)]
    assert served[:3] == served[3:]
    assert sorted(served[:3]) == ["a", "b", "c"]


def test_a_batch_fed_document_by_document_does_not_starve_the_others(ledger: Ledger) -> None:
    fill(ledger, "patient", *(str(number) for number in range(10)))
    served = []
    for number in range(10):
        fill(ledger, "pushy", f"pushy-{number}")
        served += [job.batch for job in ledger.dispatch("backlog", 1)]
    assert served.count("patient") >= 4


def test_a_long_document_does_not_block_the_short_ones_of_its_batch(ledger: Ledger) -> None:
    fill(ledger, "march", "long", *(f"short-{number}" for number in range(20)))
    ledger.split(take_next(ledger), pages=500, parts=63, pin=PIN)
    parts = [job.part for job in ledger.dispatch("backlog", 20)]
    assert 9 <= sum(part == 0 for part in parts) <= 11


def test_queues_are_apart(ledger: Ledger) -> None:
    fill(ledger, "slow", "slow")
    fill(ledger, "fast", "fast", queue="urgent")
    assert [job.batch for job in ledger.dispatch("urgent", 5)] == ["fast"]
    assert (ledger.window("urgent"), ledger.window("backlog")) == (1, 0)


def test_racing_dispatchers_send_each_job_once(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(200)))
    sent = [job for jobs in racing([lambda: ledger.dispatch("backlog", 40)] * 8) for job in jobs]
    assert len(sent) == len({job.document for job in sent}) == 200


def test_a_lost_message_is_sent_again_only_when_its_queue_is_empty(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    hasty.dispatch("backlog", 1)
    waiting: dict[Queue, int] = {"urgent": 0, "backlog": 1}
    assert hasty.reconcile(waiting, lost_after_s=0).lost == 0
    assert until(lambda: hasty.reconcile(IDLE, lost_after_s=0).lost) == 1
    assert len(hasty.dispatch("backlog", 5)) == 1


def test_a_message_that_left_its_queue_and_came_nowhere_is_sent_again_though_others_wait(hasty: Ledger) -> None:
    first, *_ = fill(hasty, "march", *(str(number) for number in range(3)))
    hasty.dispatch("backlog", 5)
    assert hasty.reconcile({"backlog": 2}, lost_after_s=0).lost == 1
    assert [job.document for job in hasty.dispatch("backlog", 5)] == [first.document]


def test_a_message_is_not_lost_before_its_time(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    hasty.dispatch("backlog", 1)
    assert hasty.reconcile(IDLE).ran
    assert until(lambda: (found := hasty.reconcile(IDLE)).ran and found).lost == 0


def test_a_message_is_given_up_in_the_end_even_when_its_queue_is_not_empty(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    hasty.dispatch("backlog", 1)
    assert hasty.reconcile({"backlog": 7}, gone_after_s=0).lost == 1


def test_a_message_that_turns_up_after_all_does_no_harm(hasty: Ledger) -> None:
    fill(hasty, "march", "invoice")
    (late,) = hasty.dispatch("backlog", 1)
    hasty.reconcile(IDLE, lost_after_s=0)
    lease = take(hasty, late)
    assert hasty.dispatch("backlog", 5) == []
    hasty.finish(lease, done(lease))


def test_one_caller_reconciles_at_a_time(ledger: Ledger) -> None:
    found = racing([lambda: ledger.reconcile(IDLE)] * 8)
    assert sum(one.ran for one in found) == 1


def test_the_window_grows_with_the_nodes_that_live(hasty: Ledger, ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(100)))
    assert len(ledger.refill()) == 8
    ledger.beat("gpu0@a", 16, {"gpu": "H100"})
    ledger.beat("gpu0@a", 8)
    ledger.beat("cpu@b", 4)
    hasty.beat("gpu0@gone", 100)
    until(lambda: "gpu0@gone" not in ledger.nodes())
    ledger.beat("cpu@b", 4)
    assert {name: node.concurrency for name, node in ledger.nodes().items()} == {"gpu0@a": 8, "cpu@b": 4}
    assert len(ledger.refill()) == 24 - 8
    ledger.leave("gpu0@a")
    assert ledger.refill() == []


def test_the_window_is_refilled_when_a_third_of_it_is_free(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(20)))
    leases = [take(ledger, job) for _, job in ledger.refill()]
    for lease in leases[:2]:
        ledger.finish(lease, done(lease))
        assert ledger.refill() == []
    ledger.finish(leases[2], done(leases[2]))
    assert len(ledger.refill()) == 3


def test_one_refill_serves_both_queues_urgent_first(ledger: Ledger) -> None:
    fill(ledger, "slow", "slow")
    fill(ledger, "fast", "fast", queue="urgent")
    assert [(queue, job.batch) for queue, job in ledger.refill()] == [("urgent", "fast"), ("backlog", "slow")]
