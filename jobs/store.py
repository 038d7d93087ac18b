"""The document store: what is where, as plain files that outlive Redis.

documents/ab/<sha256>                            the files as submitted, once each
results/ab/<sha256>/<fingerprint>/               page-00001.jpg ..., document.json; page-00001.json ... of several pages
batches/<batch>/                                 batch.json, manifest-*.jsonl, passwords-*.json, outcomes/<sha256>.json
inbox/                                           where other applications put files (docs/wire.md)
"""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, TypeVar

from pydantic import SecretStr, ValidationError

from jobs.batch import BatchRecord
from jobs.blob import Put
from jobs.contract import BatchId, ContentId, Source
from jobs.errors import (
    CorruptDocument,
    DocumentMissing,
    InvalidJob,
    NodeOutdated,
    StoreUnavailable,
    UsageError,
    WrongStore,
)
from jobs.place import open_blobs
from jobs.result import DocumentResult, Outcome, PageResult

#: Larger ones than the C library takes from its heaps bring nothing and stay with each thread that read one.
BLOCK_BYTES = 64 << 10
CONTENT = re.compile(r"[0-9a-f]{64}")
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
BATCH = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

Kept = TypeVar("Kept", BatchRecord, Source)
PutDocument = Callable[[ContentId, IO[bytes]], bool]


class Store:
    """The document store at a URL: a folder, `file://`, `s3://bucket/prefix` or `memory://name`.

    Each write is atomic, and writing the same again changes nothing. Every call raises StoreUnavailable when the place
    fails, and UsageError for a name that is none, so that no argument reaches out of the store.
    """

    def __init__(self, url: str) -> None:
        self._blobs = open_blobs(url)

    def check(self) -> None:
        """Write, read and remove a probe, and sweep what killed writers left.

        Raises:
            StoreUnavailable: the store can't be written to.
        """
        key = f"probe-{secrets.token_hex(8)}"
        self._blobs.put(key, (b"probe",))
        if not self._blobs.exists(key):
            raise StoreUnavailable("The store took a probe and has it not. Check OCRFLEET_STORE_URL.")
        self._blobs.delete(key)
        self._blobs.sweep()

    @property
    def address(self) -> str:
        """Where it is, for a person to read."""
        return self._blobs.address

    # Documents

    def put_document(self, content: ContentId, file: IO[bytes]) -> bool:
        """Keep what is left to read of an open file. False if it was there.

        Raises:
            CorruptDocument: its bytes are not those that `content` names: it changed.
            OSError: the file can't be read.
        """
        return self._put_document(self._blobs.put, content, file)

    @contextmanager
    def many_documents(self) -> Iterator[PutDocument]:
        """Give `put_document` for many, which wait for the disk once, together.

        They are there when the context has ended; an error in it leaves none of them.
        """
        with self._blobs.group() as put:
            yield partial(self._put_document, put)

    def _put_document(self, put: Put, content: ContentId, file: IO[bytes]) -> bool:
        key = _document(content)
        if self._blobs.exists(key):
            return False
        put(key, _verified(content, iter(lambda: file.read(BLOCK_BYTES), b"")))
        return True

    def put_document_bytes(self, content: ContentId, data: bytes) -> bool:
        """Keep a file's bytes. False if they were there.

        Raises:
            CorruptDocument: the bytes are not those that `content` names.
        """
        key = _document(content)
        if self._blobs.exists(key):
            return False
        self._blobs.put(key, _verified(content, (data,)))
        return True

    def has_document(self, content: ContentId) -> bool:
        """Tell whether a document is there."""
        return self._blobs.exists(_document(content))

    def read_document(self, content: ContentId) -> bytes:
        """Read a document.

        Raises:
            DocumentMissing: it is not there.
        """
        try:
            return self._blobs.get(_document(content))
        except FileNotFoundError:
            raise DocumentMissing from None

    def documents(self) -> Iterator[ContentId]:
        """List all documents, whether a batch holds them or not."""
        for folder in self._blobs.names("documents"):
            yield from self._blobs.names(f"documents/{folder}")

    def written_s(self, content: ContentId) -> float:
        """When a document was put here, in seconds since 1970.

        Raises:
            DocumentMissing: it is not there.
        """
        try:
            return self._blobs.written_s(_document(content))
        except FileNotFoundError:
            raise DocumentMissing from None

    def delete_document(self, content: ContentId) -> None:
        """Remove a document and all its results."""
        self.delete_all_results(content)
        self._blobs.delete(_document(content))

    # Results

    def put_image(self, content: ContentId, fingerprint: str, number: int, image: bytes) -> None:
        """Keep the image (JPEG) of a page (from 1): all that is kept of a document's only page beside the result."""
        self._blobs.put(f"{_page(content, fingerprint, number)}.jpg", (image,))

    def put_page(self, content: ContentId, fingerprint: str, page: PageResult, image: bytes) -> None:
        """Keep a page and its image (JPEG). The page comes last: where it stands, its image does."""
        self.put_image(content, fingerprint, page.page, image)
        self._blobs.put(f"{_page(content, fingerprint, page.page)}.json", (page.to_json().encode(),))

    def get_page(self, content: ContentId, fingerprint: str, number: int) -> PageResult | None:
        """Read a page (from 1), if it is done. One of an older form, or damaged, is not."""
        text = self._find(f"{_page(content, fingerprint, number)}.json")
        try:
            return None if text is None else PageResult.model_validate_json(text)
        except ValidationError:
            return None

    def page_image(self, content: ContentId, fingerprint: str, number: int) -> bytes | None:
        """Read a page's image (JPEG), if the page is done."""
        return self._find(f"{_page(content, fingerprint, number)}.jpg")

    def put_result(self, result: DocumentResult) -> None:
        """Keep an assembled document."""
        key = f"{_result(result.document, result.fingerprint)}/document.json"
        self._blobs.put(key, (result.to_json().encode(),))

    def get_result(self, content: ContentId, fingerprint: str) -> DocumentResult | None:
        """Read an assembled document, if it is done. One of an older form, or damaged, is not."""
        text = self._find(f"{_result(content, fingerprint)}/document.json")
        try:
            return None if text is None else DocumentResult.model_validate_json(text)
        except ValidationError:
            return None

    def delete_all_results(self, content: ContentId) -> None:
        """Remove all results of a document."""
        self._blobs.delete(_results(content))

    # Batches

    def put_batch(self, batch: BatchId, record: BatchRecord) -> None:
        """Keep what a batch is."""
        self._blobs.put(f"{_batch(batch)}/batch.json", (record.to_json().encode(),))

    def get_batch(self, batch: BatchId) -> BatchRecord | None:
        """Read what a batch is, if it is there.

        Raises:
            NodeOutdated: a newer ocrfleet wrote it.
        """
        text = self._find(f"{_batch(batch)}/batch.json")
        return None if text is None else _read(BatchRecord, text, batch)

    def has_batch(self, batch: BatchId) -> bool:
        """Tell whether a batch is there."""
        return self._blobs.exists(f"{_batch(batch)}/batch.json")

    def check_batch(self, batch: BatchId) -> None:
        """Make sure that a batch is there.

        Raises:
            WrongStore: it is not: what is missing of it was put into another store.
        """
        if not self.has_batch(batch):
            raise WrongStore(
                f"The store at {self.address} knows nothing of batch {batch}: it is another one than that was "
                "submitted to, or it is not mounted. Set OCRFLEET_STORE_URL as where it was submitted."
            )

    def add_passwords(self, batch: BatchId, passwords: Iterable[SecretStr]) -> None:
        """Keep passwords of a batch's documents: a file of its own, so several may submit to a batch at once."""
        known = self.passwords(batch)
        if new := [password.get_secret_value() for password in passwords if password not in known]:
            key = f"{_batch(batch)}/passwords-{_in_order()}.json"
            self._blobs.put(key, (json.dumps(new).encode(),))

    def passwords(self, batch: BatchId) -> list[SecretStr]:
        """Read the passwords of a batch's documents, in the order they came."""
        folder = _batch(batch)
        names = (name for name in self._blobs.names(folder) if name.startswith("passwords-"))
        return [SecretStr(each) for name in names for each in json.loads(self._blobs.get(f"{folder}/{name}"))]

    def batches(self) -> list[BatchId]:
        """List all batches by name."""
        return self._blobs.names("batches")

    def add_manifest(self, batch: BatchId, sources: Sequence[Source]) -> None:
        """Add a part to a batch's manifest: a file of its own, so several may submit to a batch at once."""
        if sources:
            self._put_manifest(f"{_batch(batch)}/manifest-{_in_order()}.jsonl", sources)

    def manifest(self, batch: BatchId) -> Iterator[Source]:
        """Read all that was submitted to a batch, in order; the same path twice if it was submitted twice.

        Raises:
            NodeOutdated: a newer ocrfleet wrote it.
        """
        for key in self._manifests(batch):
            yield from self._read_manifest(batch, key)

    def forget_sources(self, batch: BatchId, contents: Collection[ContentId]) -> None:
        """Strike documents from a batch's manifest: `recover` brings them back no more."""
        for key in self._manifests(batch):
            sources = self._read_manifest(batch, key)
            kept = [source for source in sources if source.document not in contents]
            if len(kept) < len(sources):
                self._put_manifest(key, kept)

    def _manifests(self, batch: BatchId) -> list[str]:
        folder = _batch(batch)
        return [f"{folder}/{name}" for name in self._blobs.names(folder) if name.startswith("manifest-")]

    def _put_manifest(self, key: str, sources: Sequence[Source]) -> None:
        self._blobs.put(key, (f"{source.to_json()}\n".encode() for source in sources))

    def _read_manifest(self, batch: BatchId, key: str) -> list[Source]:
        return [_read(Source, line, batch) for line in self._blobs.get(key).splitlines()]

    def put_outcome(self, batch: BatchId, outcome: Outcome) -> None:
        """Keep how a document of a batch ended. That it is done its result proves: that need not wait for the disk."""
        text = outcome.to_json().encode()
        self._blobs.put(_outcome(batch, outcome.document), (text,), durable=outcome.state != "done")

    def get_outcome(self, batch: BatchId, content: ContentId) -> Outcome | None:
        """Read how a document of a batch ended, if it has. One that a loss of power left damaged is as good as none."""
        text = self._find(_outcome(batch, content))
        try:
            return None if text is None else Outcome.model_validate_json(text)
        except ValidationError:
            return None

    def outcomes(self, batch: BatchId) -> Iterator[Outcome]:
        """Read how the documents of a batch ended, in the order of their content."""
        for name in self._blobs.names(f"{_batch(batch)}/outcomes"):
            outcome = self.get_outcome(batch, name.removesuffix(".json"))
            if outcome is not None:
                yield outcome

    def delete_outcome(self, batch: BatchId, content: ContentId) -> None:
        """Forget how a document ended: it is queued again."""
        self._blobs.delete(_outcome(batch, content))

    def delete_batch(self, batch: BatchId) -> None:
        """Remove all that is kept of a batch, but for documents and results."""
        self._blobs.delete(_batch(batch))

    # The inbox

    def read_inbox(self, name: str, max_bytes: int) -> bytes:
        """Read a file that another application has put under `inbox/`.

        Raises:
            DocumentMissing: there is none.
            DocumentTooLarge: it is over `max_bytes`.
            InvalidJob: the name leads out of the inbox, over a link, or to no plain file.
            WrongStore: there is neither inbox nor batch.
        """
        if any(part in {"", ".", ".."} for part in name.split("/")) or "\\" in name or "\0" in name:
            raise InvalidJob(
                "The name leads out of the inbox. Give a path under the store's inbox/, like folder/file.pdf"
            )
        try:
            return self._blobs.get_foreign(f"inbox/{name}", max_bytes)
        except FileNotFoundError:
            if not (self._blobs.exists("inbox") or self.batches()):  # in a bucket an empty inbox is none
                raise WrongStore(
                    f"The store at {self.address} is empty: it is another one than the file was put in, or it is "
                    "not mounted. Set OCRFLEET_STORE_URL as where it was put."
                ) from None
            raise DocumentMissing("The file is not in the store's inbox/. Put it there before the message.") from None

    def _find(self, key: str) -> bytes | None:
        try:
            return self._blobs.get(key)
        except FileNotFoundError:
            return None


def _read(kind: type[Kept], text: bytes, batch: BatchId) -> Kept:
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        raise NodeOutdated(f"A newer ocrfleet than this one made batch {batch}. Upgrade this one.") from None


def _in_order() -> str:
    """A part of a name: names sort as they came, and no two are the same."""
    return f"{time.time_ns():020d}-{secrets.token_hex(4)}"


def _document(content: ContentId) -> str:
    return f"documents/{_checked(CONTENT, content)[:2]}/{content}"


def _results(content: ContentId) -> str:
    return f"results/{_checked(CONTENT, content)[:2]}/{content}"


def _result(content: ContentId, fingerprint: str) -> str:
    return f"{_results(content)}/{_checked(FINGERPRINT, fingerprint)}"


def _page(content: ContentId, fingerprint: str, number: int) -> str:
    return f"{_result(content, fingerprint)}/page-{number:05d}"


def _batch(batch: BatchId) -> str:
    return f"batches/{_checked(BATCH, batch)}"


def _outcome(batch: BatchId, content: ContentId) -> str:
    return f"{_batch(batch)}/outcomes/{_checked(CONTENT, content)}.json"


def _checked(pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(name):
        raise UsageError("That names no batch, document or result: letters a-z, digits and . _ - make a batch's name.")
    return name


def _verified(content: ContentId, chunks: Iterable[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != content:
        raise CorruptDocument("The file changed while it was read. Submit it again when it is complete.")
