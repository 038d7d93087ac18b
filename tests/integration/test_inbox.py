"""What a worker makes of a file in the store's inbox."""

import io
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from celery.exceptions import Reject

from config.celery_app import make_app
from jobs.contract import InboxJob, Recipe
from jobs.errors import UnsupportedDocument, UsageError
from tests.conftest import MakeSettings
from tests.producer_steps import PDF
from tests.worker_steps import worker
from workers import tasks
from workers.job import attempt
from workers.job.inbox import register
from workers.job.resources import Resources


@pytest.fixture
def resources(settings: MakeSettings) -> Resources:
    return worker(settings())


def put(resources: Resources, name: str, data: bytes) -> InboxJob:
    path = Path(resources.settings.store_url) / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return InboxJob(inbox=name)


def test_a_document_in_the_inbox_is_in_store_manifest_and_ledger(resources: Resources) -> None:
    assert register(put(resources, "a/1.pdf", PDF), resources) == "registered"

    (entry,) = resources.ledger.documents("inbox")
    assert entry.names == ("a/1.pdf",)
    assert resources.store.read_document(entry.document) == PDF
    assert [source.document for source in resources.store.manifest("inbox")] == [entry.document]


def test_a_message_goes_back_into_its_queue_where_the_store_is_empty(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "OUTAGE_WAIT_S", 0)
    with closing(make_app(resources.settings)) as app:
        tasks.register(app, lambda: resources)
        with pytest.raises(Reject) as raised:
            app.tasks["ocrfleet.process"]({"version": 1, "inbox": "1.pdf"})
    assert raised.value.requeue
    assert "WrongStore: The store at" in str(raised.value.reason)


def test_an_archive_in_the_inbox_is_refused_with_the_command_that_takes_it(resources: Resources) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1.pdf", PDF)

    with pytest.raises(UnsupportedDocument, match=r"an archive.*ocrfleet submit"):
        register(put(resources, "a.zip", packed.getvalue()), resources)
    with pytest.raises(UsageError, match="no batch"):
        resources.ledger.batch("inbox")


def test_a_batch_that_was_begun_with_another_recipe_takes_more_documents_under_its_own(resources: Resources) -> None:
    own = Recipe(prompt_name="finance", prompt="of an older ocrfleet")
    resources.ledger.create_batch("inbox", own, "backlog")

    assert register(put(resources, "1.pdf", PDF), resources) == "registered"

    assert resources.ledger.batch("inbox").recipe == own
    record = resources.store.get_batch("inbox")
    assert record is not None and record.recipe == own
