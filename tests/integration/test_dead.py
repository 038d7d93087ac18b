"""Dead letters: listed, shown, sent again and dropped, by the functions and by the commands."""

import json

import pytest
import redis

from jobs.errors import UsageError
from producer import dead
from producer.batch import delete
from producer.recover import recover
from tests.producer_steps import finish, submit, write


@pytest.fixture
def march(fleet, tmp_path):
    """A batch of which a.pdf is done, b.pdf and c.pdf failed."""
    write(tmp_path / "scans", "a.pdf", "b.pdf", "c.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet, failing=["b.pdf", "c.pdf"])
    return {letter.names[0]: letter for letter in dead.letters(fleet, "march")}


def test_a_dropped_document_leaves_batch_counts_and_store(fleet, march):
    dropped = march["b.pdf"].document

    assert dead.drop(fleet, "march", [dropped]) == 1

    summary = fleet.ledger.batch("march")
    assert (summary.documents, summary.done, summary.failed) == (2, 1, 1)
    assert {entry.names[0] for entry in fleet.documents("march")} == {"a.pdf", "c.pdf"}
    assert [letter.names[0] for letter in dead.letters(fleet, "march")] == ["c.pdf"]
    assert not fleet.store.has_document(dropped)
    assert fleet.store.get_outcome("march", dropped) is None
    assert {source.name for source in fleet.store.manifest("march")} == {"a.pdf", "c.pdf"}


def test_what_was_dropped_does_not_come_back_when_the_ledger_is_rebuilt(fleet, march, redis_url):
    dead.drop(fleet, "march", [march["b.pdf"].document])
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()

    list(recover(fleet, "march"))

    assert {entry.names[0] for entry in fleet.documents("march")} == {"a.pdf", "c.pdf"}


def test_a_document_that_another_batch_holds_stays_in_the_store(fleet, march, tmp_path):
    submit(fleet, tmp_path / "scans", batch="april")

    dead.drop(fleet, "march", [march["b.pdf"].document])

    assert fleet.store.has_document(march["b.pdf"].document)
    assert fleet.ledger.batch("april").documents == 3


def test_only_what_failed_is_dropped_and_a_batch_without_it_can_be_deleted(fleet, march):
    (done,) = [entry.document for entry in fleet.documents("march", "done")]

    assert list(fleet.ledger.drop("march", [done, "0" * 64])) == []
    assert dead.drop(fleet, "march", [letter.document for letter in march.values()]) == 2
    assert list(delete(fleet, "march")) == [True]


def test_a_dropped_document_can_be_submitted_again(fleet, march, tmp_path):
    dead.drop(fleet, "march", [march["b.pdf"].document])

    assert submit(fleet, tmp_path / "scans").new == 1

    assert fleet.ledger.batch("march").queued == 1


def test_one_dead_letter_is_sent_again_and_the_other_stays(fleet, march):
    assert dead.retry(fleet, "march", [march["b.pdf"].document]) == 1

    summary = fleet.ledger.batch("march")
    assert (summary.queued, summary.failed) == (1, 1)
    assert fleet.store.get_outcome("march", march["b.pdf"].document) is None


def test_a_dead_letter_is_found_by_path_and_by_its_first_digits(fleet, march):
    letter = march["b.pdf"]

    assert dead.find(fleet, "march", ["b.pdf", letter.document[:10]]) == [letter, letter]


@pytest.mark.parametrize(("name", "said"), [("a.pdf", "no dead letter"), ("", "2 dead letters")])
def test_a_name_that_fits_none_or_two_is_refused(fleet, march, name, said):
    with pytest.raises(UsageError, match=said):
        dead.find(fleet, "march", [name])


def test_the_command_lists_the_dead_letters_of_all_batches(ocrfleet, march):
    status, out, _ = ocrfleet("dead", "list", "--json")

    listed = json.loads(out)["dead"]
    assert status == 0
    assert {each["names"][0] for each in listed} == {"b.pdf", "c.pdf"}
    assert {(each["batch"], each["reason"], each["attempts"], each["node"]) for each in listed} == {
        ("march", "CorruptDocument: truncated", 1, "node")
    }


def test_the_command_shows_reason_attempts_node_path_and_log(ocrfleet, march):
    status, out, _ = ocrfleet("dead", "show", "march", "b.pdf")

    assert status == 0
    for part in ("b.pdf", "CorruptDocument: truncated", "attempts  1", "node      node", march["b.pdf"].document):
        assert part in out
    assert "log       opened\nlog       truncated at byte 17" in out


def test_all_of_a_dead_letter_comes_back_when_the_ledger_is_rebuilt(fleet, march, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()

    list(recover(fleet, "march"))

    again = {letter.names[0]: letter for letter in dead.letters(fleet, "march")}
    for name, letter in march.items():
        assert again[name].model_copy(update={"died_s": letter.died_s}) == letter


def test_the_commands_send_again_and_drop(ocrfleet, fleet, march):
    assert ocrfleet("dead", "retry", "march", "b.pdf")[0] == 0
    assert ocrfleet("dead", "drop", "march", "--all", "--yes")[0] == 0

    summary = fleet.ledger.batch("march")
    assert (summary.documents, summary.queued, summary.failed) == (2, 1, 0)


@pytest.mark.parametrize("arguments", ["retry march", "drop march b.pdf --all", "drop march b.pdf"])
def test_a_drop_must_be_said_in_full(ocrfleet, fleet, march, arguments):
    status, _, _ = ocrfleet("dead", *arguments.split())

    assert status == 2
    assert fleet.ledger.batch("march").failed == 2
