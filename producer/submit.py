"""Puts documents into the fleet: store, manifest, ledger, queue, in this order, a chunk at a time.

What is cut off between two of these is mended by submitting the same paths again: nothing is doubled.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from jobs.batch import BatchRecord
from jobs.contract import ContentId, Source
from jobs.errors import CorruptDocument
from jobs.store import PutDocument
from producer.batch import forget_outcomes
from producer.fleet import Fleet
from producer.intake.found import Found
from producer.intake.walk import Skip
from producer.order import Wish, open_batch
from producer.writer import write_all

#: Documents that are registered in one go: enough to pipeline, few enough for memory.
CHUNK_DOCUMENTS = 500
#: What may wait unpacked, in memory and temporary files, before it is registered.
CHUNK_UNPACKED_BYTES = 64 << 20


@dataclass(frozen=True)
class Part:
    """What one chunk came to."""

    new: int = 0
    known: int = 0  # paths whose content the batch had already
    again: int = 0  # of the known, those that are processed anew
    size_bytes: int = 0
    skips: tuple[Skip, ...] = ()


def submit_files(fleet: Fleet, batch: str, wish: Wish, files: Iterable[Found | Skip]) -> Iterator[Part]:
    """Register and send documents as they are found; yields after each chunk. No document: no batch.

    Raises:
        UsageError: the batch exists with another recipe or queue, and `again` is not asked for.
        StoreUnavailable: the store takes no documents.
        LedgerUnavailable: Redis does not answer.
    """
    record = None
    for chunk in _chunks(files):
        if record is None and any(isinstance(file, Found) for file in chunk):
            record = open_batch(fleet, batch, wish)
        if record is None:
            yield Part(skips=tuple(file for file in chunk if isinstance(file, Skip)))
        else:
            yield _register(fleet, record, chunk, again=wish.again)


def submit_again(fleet: Fleet, batch: str, wish: Wish) -> Iterator[Part]:
    """Process every document of a batch anew, from the store.

    Raises:
        UsageError: there is no such batch.
    """
    fleet.ledger.batch(batch)
    record = open_batch(fleet, batch, wish)
    contents = (entry.document for entry in fleet.documents(batch))
    while chunk := list(islice(contents, CHUNK_DOCUMENTS)):
        again = _reset(fleet, record, chunk)
        fleet.feed()
        yield Part(known=len(chunk), again=again)


def _chunks(files: Iterable[Found | Skip]) -> Iterator[list[Found | Skip]]:
    chunk: list[Found | Skip] = []
    unpacked_bytes = 0
    for file in files:
        chunk.append(file)
        if isinstance(file, Found) and file.unpacked:
            unpacked_bytes += file.source.size_bytes
        if len(chunk) >= CHUNK_DOCUMENTS or unpacked_bytes >= CHUNK_UNPACKED_BYTES:
            yield chunk
            chunk, unpacked_bytes = [], 0
    if chunk:
        yield chunk


def _register(fleet: Fleet, record: BatchRecord, files: list[Found | Skip], *, again: bool) -> Part:
    there: set[ContentId] = set()
    with fleet.store.many_documents() as put:
        kept = list(write_all(partial(_keep, put, there), files))
    sources = [file for file in kept if isinstance(file, Source)]
    fleet.store.add_manifest(record.batch, sources)
    # Before what is new is added: this also gives the batch its new recipe.
    reset = _reset(fleet, record, [source.document for source in sources]) if again else 0
    new = sum(fleet.ledger.add(record.batch, sources))
    # What was there may have gone since, with the last batch that held it. From here on, this one holds it.
    held_before = (file for file in files if isinstance(file, Found) and _was_there(file, there))
    list(write_all(partial(_keep, fleet.store.put_document, set()), held_before))
    fleet.feed()
    return Part(
        new=new,
        known=len(sources) - new,
        again=reset,
        size_bytes=sum(source.size_bytes for source in sources),
        skips=tuple(file for file in kept if isinstance(file, Skip)),
    )


def _keep(put: PutDocument, there: set[ContentId], file: Found | Skip) -> Source | Skip:
    if isinstance(file, Skip):
        return file
    try:
        with file.open() as opened:
            if not put(file.source.document, opened):
                there.add(file.source.document)
    except OSError as error:
        return Skip(file.path, error.strerror or str(error), fault=True)
    except CorruptDocument as error:  # it changed since it was hashed
        return Skip(file.path, str(error), fault=True)
    return file.source


def _was_there(file: Found, there: set[ContentId]) -> bool:
    return file.unpacked is None and file.source.document in there  # what was unpacked can't be read twice


def _reset(fleet: Fleet, record: BatchRecord, contents: list[str]) -> int:
    forget_outcomes(fleet, record.batch, contents)
    return fleet.ledger.again(record.batch, record.recipe, contents)
