"""A worker whose OCRFLEET_STORE_URL names another store than the producer's, or one that is not mounted."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from jobs.batch import BatchRecord
from jobs.contract import InboxJob, Job, Recipe
from jobs.errors import DocumentMissing, WrongStore
from jobs.health import check_store
from jobs.store import Store
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import submit_files
from tests.conftest import MakeSettings
from tests.worker_steps import result_of, work, worker
from workers.job import attempt
from workers.ocr import OcrLine, PageImage
from workers.ocr.null import NullEngine


@pytest.fixture
def march(fleet: Fleet, tmp_path: Path) -> Fleet:
    """A fleet with a batch of one document."""
    Image.new("L", (50, 50), 255).save(tmp_path / "a.png")
    files = take_in(walk([str(tmp_path / "a.png")]), 1 << 20)
    for _ in submit_files(fleet, "march", Wish(engine="null", mode="off"), files):
        pass
    return fleet


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def test_a_worker_of_another_store_hands_the_job_back_and_the_right_one_does_it(
    march: Fleet, settings: MakeSettings, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "OUTAGE_WAIT_S", 0.1)
    (entry,) = march.documents("march")
    job = Job(batch="march", document=entry.document)

    assert attempt.run(job, worker(settings(store_url=str(elsewhere)))) == "waits for the store"

    (entry,) = march.documents("march")
    assert (entry.state, entry.attempts) == ("queued", 0)
    assert f"WrongStore: The store at {elsewhere} knows nothing of batch march" in entry.reason
    assert "OCRFLEET_STORE_URL" in entry.reason
    assert not elsewhere.exists()
    assert work(march, worker(march.settings)).done == 1


def test_a_store_that_is_unmounted_under_a_job_costs_its_page_and_no_result(
    march: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(attempt, "OUTAGE_WAIT_S", 0.1)
    store, away = Path(march.settings.store_url), tmp_path / "away"

    class Unmounting(NullEngine):
        def read(self, page: PageImage) -> tuple[OcrLine, ...]:
            store.rename(away)
            store.mkdir()  # the mount's point, which takes what is written
            return super().read(page)

    (entry,) = march.documents("march")
    with monkeypatch.context() as patch:
        patch.setattr("workers.job.resources.open_engine", lambda *_: Unmounting())
        assert attempt.run(Job(batch="march", document=entry.document), worker(march.settings)) == "waits for the store"
    shutil.rmtree(store)
    away.rename(store)

    assert work(march, worker(march.settings)).done == 1
    assert result_of(march).pages


def test_a_document_that_is_missing_where_its_batch_is_known_fails(march: Fleet) -> None:
    (entry,) = march.documents("march")
    march.store.delete_document(entry.document)

    assert work(march, worker(march.settings)).failed == 1

    (entry,) = march.documents("march")
    assert entry.reason.startswith("DocumentMissing: ")


def test_a_store_is_wrong_that_knows_none_of_the_fleet_s_unfinished_batches(march: Fleet, elsewhere: Path) -> None:
    other = Store(str(elsewhere))
    check_store(march.store, march.ledger)
    with pytest.raises(WrongStore, match=f"The store at {elsewhere} knows nothing of batch march"):
        check_store(other, march.ledger)

    work(march, worker(march.settings))

    check_store(other, march.ledger)  # nothing is to be done in the old one


def test_an_empty_store_is_another_than_the_file_was_put_in(settings: MakeSettings, elsewhere: Path) -> None:
    with pytest.raises(WrongStore, match=r"is empty.*OCRFLEET_STORE_URL"):
        worker(settings(store_url=str(elsewhere))).store.read_inbox(InboxJob(inbox="1.pdf").inbox, 100)


@pytest.mark.parametrize("url", ["store", "memory://bucket"])
def test_a_store_that_knows_batches_refuses_a_message_about_no_file(tmp_path: Path, url: str) -> None:
    store = Store(url if "://" in url else str(tmp_path / url))
    store.put_batch("march", BatchRecord(batch="march", queue="backlog", recipe=Recipe(), created_s=0))

    with pytest.raises(DocumentMissing, match="not in the store's inbox"):
        store.read_inbox("1.pdf", 100)
