"""From the user's disk into store, ledger and queue, and out again, on a real Redis."""

import signal
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import redis

from config.settings import environment_for
from jobs.errors import LedgerUnavailable, UsageError
from producer import batch as batches
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import Part, submit_again, submit_files
from tests.producer_steps import PDF, finish, submit, write


def names_of(fleet: Fleet, batch: str = "march") -> Counter[str]:
    return Counter(name for entry in fleet.documents(batch) for name in entry.names)


def stored(settings_made) -> list[str]:
    root = Path(settings_made.store_url)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_submission_stands_in_store_manifest_ledger_and_queue(fleet, folder, redis_url):
    write(folder, "a.pdf", "sub/b.pdf")

    part = submit(fleet, folder, wish=Wish(queue="urgent", mode="off"))

    assert part == Part(new=2, size_bytes=sum(path.stat().st_size for path in folder.rglob("*.pdf")))
    record = fleet.store.get_batch("march")
    assert (record.queue, record.recipe.mode, record.recipe.prompt_name) == ("urgent", "off", "finance")
    assert "numeric" in record.recipe.prompt  # the text itself travels, not the name of a file
    sources = list(fleet.store.manifest("march"))
    assert [source.name for source in sources] == ["a.pdf", "sub/b.pdf"]
    assert [fleet.store.read_document(source.document) for source in sources] == [PDF + b"a.pdf", PDF + b"sub/b.pdf"]
    assert fleet.ledger.batch("march").queued == 2
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen("urgent") == 2


def test_the_ledger_hears_of_documents_that_are_on_the_disk(fleet, folder, monkeypatch):
    write(folder, *(f"{number}.pdf" for number in range(20)))
    seen, add = [], fleet.ledger.add
    monkeypatch.setattr("jobs.folder.sync_file_system", lambda _: seen.append(len(list(fleet.store.documents()))))
    monkeypatch.setattr(fleet.ledger, "add", lambda *told: seen.append("ledger") or add(*told))

    submit(fleet, folder)

    assert seen == [0, 20, "ledger"]  # drafts, then in their place


def test_one_content_is_one_document_under_all_its_names(fleet, folder):
    for name in ("a.pdf", "b.pdf", "sub/c.pdf"):
        write(folder, name)
        (folder / name).write_bytes(PDF)

    part = submit(fleet, folder)

    assert (part.new, part.known) == (1, 2)
    (entry,) = fleet.documents("march")
    assert entry.names == ("a.pdf", "b.pdf", "sub/c.pdf")


def test_submitting_the_same_again_changes_nothing(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder)

    part = submit(fleet, folder)

    assert (part.new, part.known) == (0, 2)
    assert names_of(fleet) == Counter({"a.pdf": 1, "b.pdf": 1})
    assert fleet.ledger.window("backlog") == 2


def test_a_batch_takes_more_documents_later_without_its_options_repeated(fleet, folder):
    write(folder, "a.pdf")
    submit(fleet, folder, wish=Wish(queue="urgent", mode="guarded", prompt=("own", "Mend.")))
    write(folder, "b.pdf")

    part = submit(fleet, folder)

    assert (part.new, part.known) == (1, 1)
    summary = fleet.ledger.batch("march")
    assert (summary.queue, summary.recipe.mode, summary.recipe.prompt) == ("urgent", "guarded", "Mend.")


@pytest.mark.parametrize("wish", [Wish(mode="off"), Wish(engine="null"), Wish(prompt=("own", "Mend."))])
def test_a_batch_has_one_recipe(fleet, folder, wish):
    write(folder, "a.pdf")
    submit(fleet, folder)

    with pytest.raises(UsageError, match=r"--again.*--batch"):
        submit(fleet, folder, wish=wish)


def test_a_batch_has_one_queue_even_when_it_is_processed_anew(fleet, folder):
    write(folder, "a.pdf")
    submit(fleet, folder)

    with pytest.raises(UsageError, match="waits in the queue backlog"):
        submit(fleet, folder, wish=Wish(queue="urgent", again=True))


def test_again_processes_what_has_ended_to_a_new_recipe(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder)
    finish(fleet, "march")
    (folder / "b.pdf").unlink()
    write(folder, "new.pdf")

    part = submit(fleet, folder, wish=Wish(mode="off", again=True))

    assert (part.new, part.known, part.again) == (1, 1, 1)
    summary = fleet.ledger.batch("march")
    assert (summary.queued, summary.done) == (2, 1)
    assert summary.recipe.mode == "off"
    assert summary.recipe.run  # so that no page of an earlier run passes for one of this
    assert summary.recipe == fleet.store.get_batch("march").recipe
    assert len(list(fleet.store.outcomes("march"))) == 1  # a lost ledger would be rebuilt as it is now


def test_again_without_paths_takes_the_whole_batch_from_the_store(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder)
    finish(fleet, "march")

    (part,) = submit_again(fleet, "march", Wish(again=True, engine="null"))

    assert (part.known, part.again) == (2, 2)
    assert fleet.ledger.batch("march").queued == 2


def test_a_run_that_dies_between_store_and_ledger_is_mended_by_the_next(fleet, folder, monkeypatch):
    write(folder, "a.pdf", "b.pdf")
    with monkeypatch.context() as patch:
        patch.setattr(fleet.ledger, "add", _unavailable)
        with pytest.raises(LedgerUnavailable):
            submit(fleet, folder)
    assert list(fleet.documents("march")) == []

    submit(fleet, folder)

    assert names_of(fleet) == Counter({"a.pdf": 1, "b.pdf": 1})


def _unavailable(*_):
    raise LedgerUnavailable


def test_a_run_that_dies_in_the_middle_of_an_archive_is_mended_by_the_next(fleet, folder, monkeypatch):
    monkeypatch.setattr("producer.submit.CHUNK_UNPACKED_BYTES", 3000)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(10):
            packed.writestr(f"sub/{number}.pdf", PDF + bytes(1000) + bytes([number]))
    with monkeypatch.context() as patch:
        patch.setattr(fleet.ledger, "add", _add_once_then_fail(fleet))
        with pytest.raises(LedgerUnavailable):
            submit(fleet, folder)
    assert fleet.ledger.batch("march").documents == 3

    part = submit(fleet, folder)

    assert (part.new, part.known) == (7, 3)
    assert names_of(fleet) == Counter({f"a.zip/sub/{number}.pdf": 1 for number in range(10)})
    (last,) = (entry for entry in fleet.documents("march") if entry.names == ("a.zip/sub/9.pdf",))
    assert fleet.store.read_document(last.document) == PDF + bytes(1000) + b"\x09"


def _add_once_then_fail(fleet: Fleet):
    steps = iter((fleet.ledger.add, _unavailable))
    return lambda *arguments: next(steps)(*arguments)


def test_a_file_that_changes_after_it_was_hashed_is_passed_over(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    files = list(take_in(walk([str(folder)]), 1000))
    (folder / "a.pdf").write_bytes(b"%PDF- another")

    (part,) = submit_files(fleet, "march", Wish(), files)

    assert part.new == 1
    assert [Path(skip.path).name for skip in part.skips] == ["a.pdf"]
    assert part.skips[0].fault


def test_interrupted_by_ctrl_c_it_says_how_to_go_on_and_going_on_doubles_nothing(settings, fleet, folder):
    made = settings()
    write(folder, *(f"{number:04d}.pdf" for number in range(5000)))
    environment = environment_for({"redis_url": made.redis_url.get_secret_value(), "store_url": made.store_url})
    command = [sys.executable, "-m", "producer.cli", "submit", str(folder)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    batch = _first_batch(fleet)

    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)

    assert running.returncode == 130
    assert 0 < fleet.ledger.batch(batch).documents < 5000
    assert f"ocrfleet submit {folder} --batch {batch}" in said
    done = subprocess.run([*command, "--batch", batch], env=environment, check=False, stderr=subprocess.DEVNULL)
    assert done.returncode == 0
    assert names_of(fleet, batch) == Counter({f"{number:04d}.pdf": 1 for number in range(5000)})


def _first_batch(fleet: Fleet) -> str:
    deadline = time.monotonic() + 30
    while not any(summary.documents for summary in fleet.ledger.batches()):
        assert time.monotonic() < deadline, "nothing was submitted within 30 s"
        time.sleep(0.01)
    return fleet.ledger.batches()[0].batch


def test_memory_does_not_grow_with_the_number_of_documents(fleet, folder, monkeypatch):
    monkeypatch.setattr("producer.submit.CHUNK_DOCUMENTS", 100)
    write(folder, *(f"{number:04d}.pdf" for number in range(2000)))
    files = take_in(walk([str(folder)]), 1000)
    parts = submit_files(fleet, "march", Wish(), files)
    next(parts)  # what is loaded once: Celery, the scripts

    tracemalloc.start()
    peaks = []
    for _ in parts:
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
    tracemalloc.stop()

    assert fleet.ledger.batch("march").documents == 2000
    assert min(peaks[-4:]) < 1.5 * max(peaks[:4])  # a single peak also holds what waits to be collected


def test_delete_keeps_what_another_batch_holds(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder, batch="march")
    submit(fleet, folder / "a.pdf", batch="april")
    finish(fleet, "march")
    finish(fleet, "april")
    (held,) = fleet.documents("april")

    assert sorted(batches.delete(fleet, "march")) == [False, True]

    assert fleet.store.has_document(held.document)
    assert fleet.store.get_result(held.document, held.fingerprint) is not None
    assert list(batches.delete(fleet, "april")) == [True]
    assert not fleet.store.has_document(held.document)


def test_delete_keeps_what_another_batch_takes_up_meanwhile(fleet, folder):
    write(folder, "shared.pdf")
    submit(fleet, folder)
    deletion = fleet.ledger.delete("march")
    chunk = next(deletion)  # nobody else holds any of it now

    submit(fleet, folder, batch="april")

    assert list(batches.forget(fleet, chunk)) == [False]
    assert list(deletion) == []
    (entry,) = fleet.documents("april")
    assert fleet.store.has_document(entry.document)


def test_delete_that_was_interrupted_can_be_made_again(settings, fleet, folder):
    write(folder, *(f"{number}.pdf" for number in range(5)))
    submit(fleet, folder)

    next(batches.delete(fleet, "march"))
    list(batches.delete(fleet, "march"))

    assert stored(settings()) == []


def test_cancel_ends_what_is_unfinished_in_ledger_and_store(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder / "a.pdf")
    finish(fleet, "march")
    submit(fleet, folder / "b.pdf")

    assert batches.cancel(fleet, "march") == 1

    assert sorted(outcome.state for outcome in fleet.store.outcomes("march")) == ["cancelled", "done"]
    summary = fleet.ledger.batch("march")
    assert (summary.done, summary.cancelled, summary.finished) == (1, 1, 2)


def test_retry_goes_on_with_a_cancelled_batch_and_leaves_what_is_done(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder / "a.pdf")
    finish(fleet, "march")
    submit(fleet, folder / "b.pdf")
    batches.cancel(fleet, "march")

    assert batches.retry(fleet, "march") == 1

    assert [outcome.state for outcome in fleet.store.outcomes("march")] == ["done"]
    assert fleet.ledger.window("backlog") == 1
    finish(fleet, "march")
    summary = fleet.ledger.batch("march")
    assert (summary.documents, summary.done) == (2, 2)


def test_retry_sends_what_failed_again(fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder)
    finish(fleet, "march", failing=["b.pdf"])

    assert batches.retry(fleet, "march") == 1

    summary = fleet.ledger.batch("march")
    assert (summary.done, summary.queued, summary.failed) == (1, 1, 0)
    assert fleet.ledger.window("backlog") == 1  # it is sent, not only due
    assert [outcome.state for outcome in fleet.store.outcomes("march")] == ["done"]
