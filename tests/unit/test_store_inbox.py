"""The inbox of a store: foreign files, of which nothing but plain ones within it is given."""

import os
from pathlib import Path

import pytest

from jobs.errors import DocumentMissing, DocumentTooLarge, InvalidJob, OcrFleetError
from jobs.store import Store

DATA = b"%PDF-1.7 an invoice"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store"


@pytest.fixture
def inbox(place: Path) -> Path:
    inbox = place / "inbox" / "today"
    inbox.mkdir(parents=True)
    (inbox / "invoice.pdf").write_bytes(DATA)
    return inbox


def test_the_inbox_gives_what_lies_in_it(place: Path, inbox: Path) -> None:
    assert Store(str(place)).read_inbox("today/invoice.pdf", 1000) == DATA


def test_the_inbox_of_a_bucket_gives_what_lies_in_it() -> None:
    store = Store("memory://of-a-bucket")
    store._blobs.put("inbox/invoice.pdf", (DATA,))
    assert store.read_inbox("invoice.pdf", 1000) == DATA
    with pytest.raises(DocumentTooLarge):
        store.read_inbox("invoice.pdf", 5)
    with pytest.raises(DocumentMissing):
        store.read_inbox("other.pdf", 1000)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("today/other.pdf", DocumentMissing),
        ("yesterday/invoice.pdf", DocumentMissing),
        ("../documents/x", InvalidJob),
        ("today/../../documents", InvalidJob),
        ("/etc/passwd", InvalidJob),
        ("today//invoice.pdf", InvalidJob),
        ("./today/invoice.pdf", InvalidJob),
        ("today\\invoice.pdf", InvalidJob),
        ("today/\0", InvalidJob),
        ("today", InvalidJob),
        ("today/invoice.pdf/more", InvalidJob),
        ("", InvalidJob),
    ],
)
def test_the_inbox_gives_nothing_else(place: Path, inbox: Path, name: str, error: type[OcrFleetError]) -> None:
    with pytest.raises(error):
        Store(str(place)).read_inbox(name, 1000)


def test_the_inbox_follows_no_link(place: Path, inbox: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_bytes(b"secret")
    (inbox / "link.pdf").symlink_to(secret / "key")
    (inbox / "folder").symlink_to(secret)
    os.mkfifo(inbox / "pipe.pdf")
    store = Store(str(place))
    for name in ("today/link.pdf", "today/folder/key", "today/pipe.pdf"):
        with pytest.raises(InvalidJob):
            store.read_inbox(name, 1000)


def test_the_inbox_gives_no_file_over_the_bound(place: Path, inbox: Path) -> None:
    with pytest.raises(DocumentTooLarge, match="OCRFLEET_MAX_FILE_BYTES"):
        Store(str(place)).read_inbox("today/invoice.pdf", len(DATA) - 1)
