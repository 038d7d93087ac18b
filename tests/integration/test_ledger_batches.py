"""Batches and documents in the ledger, and what a person may do with them."""

import json
from typing import Any

import pytest
import redis

from jobs.contract import Job, Recipe
from jobs.errors import LeaseLost, UsageError
from jobs.ledger import Ledger
from jobs.result import Outcome
from tests.ledger_steps import PIN, RECIPE, done, fail, fill, source, take, take_next


def test_a_batch_is_made_once_and_never_changes_its_recipe(ledger: Ledger) -> None:
    assert ledger.create_batch("march", RECIPE, "backlog")
    assert not ledger.create_batch("march", RECIPE, "backlog")
    with pytest.raises(UsageError, match="--batch"):
        ledger.create_batch("march", Recipe(mode="off"), "backlog")
    with pytest.raises(UsageError):
        ledger.create_batch("march", RECIPE, "urgent")


def test_a_batch_of_an_older_ocrfleet_whose_recipe_lacks_newer_fields_goes_on(ledger: Ledger, redis_url: str) -> None:
    ledger.create_batch("march", RECIPE, "backlog")
    older = {name: value for name, value in RECIPE.model_dump().items() if name not in {"words", "text_layer"}}
    redis.Redis.from_url(redis_url).hset("test:batch:march", "recipe", json.dumps(older))

    assert not ledger.create_batch("march", RECIPE, "backlog")
    with pytest.raises(UsageError, match="--batch"):
        ledger.create_batch("march", RECIPE.model_copy(update={"words": "Contoso"}), "backlog")


@pytest.mark.parametrize(("call", "arguments"), [("batch", []), ("documents", []), ("cancel", []), ("retry", [[]])])
def test_a_batch_that_is_not_there_is_named_as_such(ledger: Ledger, call: str, arguments: list[Any]) -> None:
    with pytest.raises(UsageError, match="ocrfleet batches"):
        getattr(ledger, call)("nowhere", *arguments)


def test_batches_are_listed_newest_first_page_by_page(ledger: Ledger) -> None:
    for number in range(5):
        ledger.create_batch(f"batch-{number}", RECIPE, "backlog", created_s=1000.5 + number)
    assert [summary.batch for summary in ledger.batches(0, 2)] == ["batch-4", "batch-3"]
    assert [summary.batch for summary in ledger.batches(4, 2)] == ["batch-0"]
    assert ledger.batch("batch-0").created_s == 1000.5
    assert ledger.batch("batch-0").recipe == RECIPE


def test_a_content_counts_once_and_keeps_all_its_names(ledger: Ledger) -> None:
    invoice = source("invoice")
    copy = invoice.model_copy(update={"name": 'copies/Über "uns".pdf'})
    ledger.create_batch("march", RECIPE, "backlog")
    assert ledger.add("march", [invoice, source("other"), copy, invoice]) == [True, True, False, False]
    entry, _ = ledger.documents("march")
    assert entry.names == (invoice.name, copy.name)
    assert (entry.document, entry.media_type, entry.size_bytes) == (invoice.document, "application/pdf", 7)
    assert ledger.batch("march").documents == ledger.batch("march").queued == 2


def test_documents_are_listed_in_the_order_they_came_page_by_page(ledger: Ledger) -> None:
    sources = fill(ledger, "march", *(str(number) for number in range(1200)))
    listed = [entry.document for offset in range(0, 1200, 500) for entry in ledger.documents("march", offset, 500)]
    assert listed == [source.document for source in sources]


def test_documents_are_listed_by_state(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(1200)))
    leases = [take(ledger, job) for job in ledger.dispatch("backlog", 4)]
    ledger.finish(leases[0], done(leases[0]))
    fail(ledger, leases[1], "CorruptDocument: the file is damaged")
    expected = {"done": 1, "failed": 1, "running": 2, "queued": 1196, "cancelled": 0}
    for state, count in expected.items():
        found = ledger.documents("march", 0, 2000, state)  # type: ignore[arg-type]
        assert {entry.state for entry in found} <= {state}
        assert len(found) == count
    assert len(ledger.documents("march", 1190, 50, "queued")) == 6


def test_a_lost_ledger_is_rebuilt_with_what_had_ended(ledger: Ledger) -> None:
    sources = [source(name) for name in ("read", "damaged", "waiting")]
    outcomes = {
        sources[0].document: Outcome(document=sources[0].document, state="done", fingerprint="ab" * 8, pages=3),
        sources[1].document: Outcome(document=sources[1].document, state="failed", reason="CorruptDocument: damaged"),
    }
    ledger.create_batch("march", RECIPE, "backlog", created_s=1000)
    for _ in range(2):  # the second time changes nothing
        ledger.add("march", sources, outcomes)
        summary = ledger.batch("march")
        assert (summary.documents, summary.done, summary.failed, summary.queued) == (3, 1, 1, 1)
        assert (summary.pages, summary.pages_done) == (3, 3)
    assert [job.document for job in ledger.dispatch("backlog", 10)] == [sources[2].document]
    assert ledger.documents("march", state="done")[0].fingerprint == "ab" * 8


def test_ten_thousand_documents_take_no_more_memory_than_promised(ledger: Ledger, client: redis.Redis) -> None:
    before = int(client.info("memory")["used_memory"])
    fill(ledger, "march", *(f"2025/03/invoice-{number:06d}" for number in range(10_000)))
    bytes_each = (int(client.info("memory")["used_memory"]) - before) / 10_000
    assert bytes_each < 400  # 330 measured; the names are 30 of them


def test_cancel_ends_what_is_unfinished_in_every_state(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(1300)))
    finished, running = take_next(ledger), take_next(ledger)
    ledger.finish(finished, done(finished))
    backing_off = take_next(ledger)
    ledger.retry_later(backing_off, "StoreUnavailable: away", 60)
    split = ledger.split(take_next(ledger), pages=30, parts=5, pin=PIN)
    (sent,) = ledger.dispatch("backlog", 1)
    fill(ledger, "april", "other")
    assert ledger.cancel("march") == 1299
    assert ledger.cancel("march") == 0
    summary = ledger.batch("march")
    assert (summary.done, summary.cancelled, summary.queued, summary.running) == (1, 1299, 0, 0)
    for lease in (running, split):
        with pytest.raises(LeaseLost):
            ledger.renew(lease)
    assert ledger.take(sent, "node-b") is None
    assert [job.batch for job in ledger.dispatch("backlog", 10)] == ["april"]


def test_retry_queues_what_was_cancelled_anew_and_its_old_worker_stays_out(ledger: Ledger) -> None:
    sources = fill(ledger, "march", "done", "running", "sent", "fresh")
    finished, running = take_next(ledger), take_next(ledger)
    ledger.finish(finished, done(finished))
    ledger.dispatch("backlog", 1)
    ledger.cancel("march")
    assert ledger.retry("march", [each.document for each in sources]) == 3
    with pytest.raises(LeaseLost):
        ledger.renew(running)
    summary = ledger.batch("march")
    assert (summary.done, summary.queued, summary.cancelled) == (1, 3, 0)
    assert [take_next(ledger).attempt for _ in range(3)] == [1, 1, 1]
    assert ledger.dispatch("backlog", 1) == []


def test_again_gives_what_has_ended_a_new_recipe(ledger: Ledger) -> None:
    fill(ledger, "march", "a", "b", "c")
    first, second, running = (take_next(ledger) for _ in range(3))
    ledger.finish(first, done(first, pages=3))
    fail(ledger, second, "CorruptDocument: damaged")
    recipe = Recipe(engine="null", run="second")
    contents = [lease.job.document for lease in (first, second, running)]
    assert ledger.again("march", recipe, contents) == 2
    summary = ledger.batch("march")
    assert (summary.recipe, summary.queued, summary.running, summary.pages) == (recipe, 2, 1, 0)
    assert take_next(ledger).recipe == recipe
    assert ledger.documents("march", 0, 1)[0].fingerprint == ""


def test_delete_tells_what_no_other_batch_holds(ledger: Ledger, client: redis.Redis) -> None:
    mine, shared = fill(ledger, "march", "mine", "shared")
    fill(ledger, "april", "shared")
    lease = take(ledger, Job(batch="march", document=mine.document))
    ledger.finish(lease, done(lease))
    dropped = {one.document: one for chunk in ledger.delete("march") for one in chunk}
    assert dropped[mine.document].last_reference
    assert not dropped[shared.document].last_reference
    assert [one.last_reference for chunk in ledger.delete("april") for one in chunk] == [True]
    left = {key for key in client.scan_iter("test:*") if not key.startswith(b"test:ended:")}
    assert left <= {b"test:queue:backlog:turn"}


def test_a_new_recipe_holds_without_any_document(ledger: Ledger) -> None:
    fill(ledger, "march", "invoice")
    assert ledger.again("march", RECIPE.model_copy(update={"mode": "off"}), []) == 0
    assert ledger.batch("march").recipe.mode == "off"


def test_a_long_batch_is_walked_whole_and_by_state(ledger: Ledger) -> None:
    sources = fill(ledger, "march", *(str(number) for number in range(1100)))
    for name in ("1000", "3"):
        lease = take(ledger, Job(batch="march", document=source(name).document))
        ledger.finish(lease, done(lease))
    assert [entry.document for entry in ledger.walk("march")] == [each.document for each in sources]
    assert [entry.names for entry in ledger.walk("march", "done")] == [("scans/3.pdf",), ("scans/1000.pdf",)]
    assert len(ledger.documents("march", 1090, 50, "queued")) == 8


def test_a_name_that_reads_like_a_state_is_none(ledger: Ledger) -> None:
    tricky = source("tricky").model_copy(update={"name": 'a","s":"done","x":".pdf'})
    ledger.create_batch("march", RECIPE, "backlog")
    ledger.add("march", [tricky])
    assert list(ledger.walk("march", "done")) == []
    (entry,) = ledger.walk("march", "queued")
    assert entry.names == (tricky.name,)


def test_an_interrupted_delete_is_taken_up_again(ledger: Ledger) -> None:
    fill(ledger, "march", *(str(number) for number in range(1200)))
    deletion = ledger.delete("march")
    assert [len(next(deletion)) for _ in range(2)] == [500, 500]
    deletion.close()  # type: ignore[attr-defined]
    rest = [one for chunk in ledger.delete("march") for one in chunk if one.last_reference]
    assert len(rest) == 700  # the first 500 are gone for good
    with pytest.raises(UsageError):
        ledger.batch("march")
