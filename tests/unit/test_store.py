"""The document store, on a folder and in memory alike."""

import errno
import hashlib
import os
import secrets
import stat
import time
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path

import pytest

from jobs import folder
from jobs.batch import BatchRecord
from jobs.contract import Recipe, Source
from jobs.errors import (
    CorruptDocument,
    DocumentMissing,
    StoreUnavailable,
    UsageError,
)
from jobs.result import DocumentResult, LineResult, Outcome, PageResult, Provenance
from jobs.store import Store
from tests.small_disk import small_disk

DATA = b"%PDF-1.7 an invoice"
CONTENT = hashlib.sha256(DATA).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
FINGERPRINT = "0123456789abcdef"
PROVENANCE = Provenance(
    pipeline_version=1, engine="null", model="", model_sha256="", mode="off", prompt_name="finance", prompt=""
)
LINE = LineResult(raw="Total: €1O0", text="Total: €100", box=((0, 0), (9, 0), (9, 3), (0, 3)), confidence=0.5)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store"


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, place: Path) -> Store:
    return Store(str(place) if request.param == "folder" else f"memory://{secrets.token_hex(8)}")


def page(number: int) -> PageResult:
    return PageResult(
        page=number, width_px=9, height_px=3, dpi=200, lines=(LINE,), provenance=PROVENANCE, seconds={"ocr": 0.1}
    )


def files_in(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


# What is put is found again


def test_a_document_is_kept_once(store: Store) -> None:
    assert not store.has_document(CONTENT)
    assert store.put_document(CONTENT, BytesIO(DATA))
    assert not store.put_document(CONTENT, BytesIO(DATA))
    assert not store.put_document_bytes(CONTENT, DATA)
    assert store.has_document(CONTENT)
    assert store.read_document(CONTENT) == DATA


def test_a_large_document_is_kept_whole(store: Store) -> None:
    data = os.urandom(3_000_001)
    content = hashlib.sha256(data).hexdigest()
    store.put_document(content, BytesIO(data))
    assert store.read_document(content) == data


def test_a_document_that_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(DocumentMissing, match="Submit it again"):
        store.read_document(CONTENT)


def test_documents_are_listed_with_the_time_they_were_put_there(store: Store) -> None:
    assert list(store.documents()) == []
    store.put_document_bytes(CONTENT, DATA)
    assert list(store.documents()) == [CONTENT]
    assert store.written_s(CONTENT) == pytest.approx(time.time(), abs=60)
    with pytest.raises(DocumentMissing):
        store.written_s("f" * 64)


def test_many_documents_are_there_when_all_are_put(store: Store) -> None:
    with store.many_documents() as put:
        assert put(CONTENT, BytesIO(DATA))
        assert put(OTHER, BytesIO(b"other"))
        with pytest.raises(CorruptDocument):
            put("f" * 64, BytesIO(b"it changed"))
    assert set(store.documents()) == {CONTENT, OTHER}
    with store.many_documents() as put:
        assert not put(CONTENT, BytesIO(DATA))


def test_a_file_that_changed_since_it_was_hashed_is_refused(store: Store) -> None:
    with pytest.raises(CorruptDocument, match="changed"):
        store.put_document(CONTENT, BytesIO(DATA + b" and more"))
    with pytest.raises(CorruptDocument):
        store.put_document_bytes(CONTENT, b"something else")
    assert not store.has_document(CONTENT)


def test_pages_and_results_are_found_by_content_and_fingerprint(store: Store) -> None:
    result = DocumentResult(document=CONTENT, fingerprint=FINGERPRINT, pages=(page(1), page(2)))
    assert store.get_page(CONTENT, FINGERPRINT, 2) is None
    assert store.get_result(CONTENT, FINGERPRINT) is None
    assert store.page_image(CONTENT, FINGERPRINT, 2) is None
    store.put_page(CONTENT, FINGERPRINT, page(2), b"jpeg")
    store.put_result(result)
    assert store.get_page(CONTENT, FINGERPRINT, 2) == page(2)
    assert store.page_image(CONTENT, FINGERPRINT, 2) == b"jpeg"
    assert store.get_result(CONTENT, FINGERPRINT) == result
    assert store.get_page(CONTENT, "f" * 16, 2) is None


def test_a_damaged_page_is_not_done(place: Path) -> None:
    store = Store(str(place))
    store.put_page(CONTENT, FINGERPRINT, page(1), b"jpeg")
    (path,) = place.rglob("page-00001.json")
    path.write_text('{"page": 1}')
    assert store.get_page(CONTENT, FINGERPRINT, 1) is None


def test_a_batch_keeps_its_record_manifest_and_outcomes(store: Store) -> None:
    record = BatchRecord(batch="march", queue="backlog", recipe=Recipe(), created_s=1000.5)
    sources = [
        Source(document=CONTENT, name=f"Ü/{n}.pdf", media_type="application/pdf", size_bytes=n) for n in range(4)
    ]
    assert store.get_batch("march") is None
    store.put_batch("march", record)
    for part in (sources[:3], [], sources[3:]):
        store.add_manifest("march", part)
    done = Outcome(document=CONTENT, state="done", fingerprint=FINGERPRINT, pages=2)
    failed = Outcome(document=OTHER, state="failed", reason="CorruptDocument: damaged")
    for outcome in (failed, done):
        store.put_outcome("march", outcome)
    assert store.get_batch("march") == record
    assert list(store.manifest("march")) == sources
    assert store.get_outcome("march", OTHER) == failed
    assert {one.document: one for one in store.outcomes("march")} == {CONTENT: done, OTHER: failed}
    assert store.batches() == ["march"]
    store.delete_outcome("march", OTHER)
    assert store.get_outcome("march", OTHER) is None


def test_an_unknown_batch_is_empty(store: Store) -> None:
    assert list(store.manifest("nowhere")) == list(store.outcomes("nowhere")) == store.batches() == []


def test_a_manifest_name_with_a_line_separator_stays_one_line(store: Store) -> None:
    odd = Source(document=CONTENT, name="a\u2028b\x85c\nd.pdf", media_type="application/pdf", size_bytes=1)
    store.add_manifest("march", [odd])
    assert list(store.manifest("march")) == [odd]


# What is deleted is gone


def test_deleting_a_document_takes_its_results_along(store: Store) -> None:
    store.put_document_bytes(CONTENT, DATA)
    for fingerprint in (FINGERPRINT, "f" * 16):
        store.put_page(CONTENT, fingerprint, page(1), b"jpeg")
    store.delete_document(CONTENT)
    assert not store.has_document(CONTENT)
    assert store.get_page(CONTENT, FINGERPRINT, 1) is None
    assert store.page_image(CONTENT, "f" * 16, 1) is None


def test_a_deleted_store_holds_no_file(place: Path) -> None:
    store = Store(str(place))
    store.put_document_bytes(CONTENT, DATA)
    store.put_page(CONTENT, FINGERPRINT, page(1), b"jpeg")
    store.put_batch("march", BatchRecord(batch="march", queue="backlog", recipe=Recipe(), created_s=0))
    store.put_outcome("march", Outcome(document=CONTENT, state="cancelled"))
    store.check()
    for _ in range(2):  # twice is no error
        store.delete_document(CONTENT)
        store.delete_batch("march")
    assert files_in(place) == set()


# Nobody else reads it, nothing half written stands in it


def test_files_are_for_their_user_only(place: Path) -> None:
    store = Store(f"file://{place}")
    store.put_document_bytes(CONTENT, DATA)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (place, *place.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert files_in(place) == {f"documents/{CONTENT[:2]}/{CONTENT}"}


def test_a_write_that_breaks_off_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(place))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        store.put_document_bytes(CONTENT, DATA)
    assert files_in(place) == set()
    assert not store.has_document(CONTENT)


def test_a_document_is_on_the_disk_before_it_stands_in_its_place_and_so_is_its_name_before_anybody_is_told(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, set[str]]] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append((Path(f"/proc/self/fd/{handle}").readlink(), files_in(place)))
    )
    Store(str(place)).put_document_bytes(CONTENT, DATA)

    (draft, before), (home, after) = synced
    assert before == {str(draft.relative_to(place))}
    assert home == place / "documents" / CONTENT[:2]
    assert after == {f"documents/{CONTENT[:2]}/{CONTENT}"}


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_syncs_no_folder_will_do_and_a_broken_disk_will_not(
    place: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: bool
) -> None:
    def sync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(StoreUnavailable) if fails else nullcontext():
        Store(str(place)).put_document_bytes(CONTENT, DATA)


def test_many_documents_are_on_the_disk_before_they_stand_in_their_place_and_again_before_anybody_is_told(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, found = Store(str(place)), []
    monkeypatch.setattr(folder, "sync_file_system", lambda _: found.append(files_in(place)))

    with store.many_documents() as put:
        put(CONTENT, BytesIO(DATA))
        put(OTHER, BytesIO(b"other"))
        assert found == []

    drafts, placed = found
    assert [Path(name).parent.name for name in drafts] == [folder.DRAFTS] * 2
    assert placed == {f"documents/{content[:2]}/{content}" for content in (CONTENT, OTHER)}


def test_many_documents_of_which_the_disk_takes_none_leave_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(place))

    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(StoreUnavailable, match="Input/output error"):
        patch.setattr(folder, "sync_file_system", fail)
        with store.many_documents() as put:
            put(CONTENT, BytesIO(DATA))
    with pytest.raises(KeyboardInterrupt), store.many_documents() as put:
        put(CONTENT, BytesIO(DATA))
        raise KeyboardInterrupt
    assert files_in(place) == set()


def test_what_a_killed_writer_left_is_swept(place: Path) -> None:
    store = Store(str(place))
    store.check()
    old, new = place / folder.DRAFTS / "old", place / folder.DRAFTS / "new"
    for draft in (old, new):
        draft.write_bytes(DATA)
    long_ago = time.time() - 2 * folder.STALE_AFTER_S
    os.utime(old, (long_ago, long_ago))
    store.check()
    assert (old.exists(), new.exists()) == (False, True)


def test_a_store_that_can_not_be_written_says_what_to_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Store(str(tmp_path / "file" / "store"))
    for call in (store.check, lambda: store.put_document_bytes(CONTENT, DATA)):
        with pytest.raises(StoreUnavailable, match="OCRFLEET_STORE_URL"):
            call()


def test_a_full_disk_is_told_apart_from_a_wrong_setting(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        store = Store(str(disk.path / "store"))
        store.check()
        disk.fill()
        with pytest.raises(StoreUnavailable, match=r"No space left on device\. Make room there, or delete") as raised:
            store.put_document_bytes(CONTENT, DATA)
    assert f"The store at {disk.path}/store fails" in str(raised.value)
    assert "OCRFLEET" not in str(raised.value)


# No argument leads out of it


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "", "a/b", f"{CONTENT}/..", f"{CONTENT}\n", CONTENT.upper()]
)
def test_no_name_leads_out_of_the_store(store: Store, name: str) -> None:
    outcome = Outcome(document=CONTENT, state="cancelled")
    calls = [
        lambda: store.read_document(name),
        lambda: store.delete_document(name),
        lambda: store.put_document(name, BytesIO(DATA)),
        lambda: store.get_page(CONTENT, name, 1),
        lambda: store.get_result(CONTENT, name),
        lambda: store.get_outcome("march", name),
        lambda: store.put_outcome("../march", outcome),
        lambda: store.delete_batch(f"{name}/"),
    ]
    for call in calls:
        with pytest.raises(UsageError):
            call()


# Places


@pytest.mark.parametrize("url", ["http://127.0.0.1/store", "ftp://host/store", "s3a://bucket"])
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="OCRFLEET_STORE_URL"):
        Store(url)


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(UsageError, match="pip install"):
        Store("s3://bucket/prefix")
