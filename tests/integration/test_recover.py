"""After a loss of Redis the ledger is rebuilt from the store; and every result can be checked anew."""

import pytest
import redis

from jobs.errors import UsageError
from producer.recover import recover
from producer.results.audit import audit
from tests.producer_steps import finish, submit, write


def test_a_wiped_redis_is_rebuilt_and_only_what_is_missing_is_sent(fleet, redis_url, tmp_path):
    # Given a batch of which two are done, one failed, and two were added after that
    write(tmp_path / "scans", "a.pdf", "b.pdf", "c.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet, failing=["c.pdf"])
    write(tmp_path / "scans", "d.pdf", "e.pdf")
    submit(fleet, tmp_path / "scans")
    before = {entry.document: entry for entry in fleet.documents("march")}

    # When Redis is wiped and the batch recovered, twice
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    assert sum(recover(fleet, "march")) >= 5
    assert sum(recover(fleet, "march")) >= 5

    # Then all is as it was
    summary = fleet.ledger.batch("march")
    assert (summary.documents, summary.done, summary.failed, summary.queued) == (5, 2, 1, 2)
    after = {entry.document: entry for entry in fleet.documents("march")}
    assert {key: (each.state, each.reason, set(each.names)) for key, each in after.items()} == {
        key: (each.state, each.reason, set(each.names)) for key, each in before.items()
    }


def test_an_unknown_batch_is_named_with_those_that_there_are(fleet, tmp_path):
    write(tmp_path / "scans", "a.pdf")
    submit(fleet, tmp_path / "scans")

    with pytest.raises(UsageError, match=r"no batch april.*march"):
        list(recover(fleet, "april"))


def test_verify_finds_a_text_that_its_changes_do_not_explain(fleet, tmp_path):
    # The steps' result says Invoice where lnvoice was read, and records no change for it
    write(tmp_path / "scans", "a.pdf")
    submit(fleet, tmp_path / "scans")
    finish(fleet)

    ((name, violations),) = audit(fleet, "march")

    assert name == "a.pdf"
    assert [(each.page, each.line) for each in violations] == [(1, 0)]
