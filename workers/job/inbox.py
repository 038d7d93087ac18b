"""Registers a document that another application has put under the store's inbox (docs/wire.md)."""

import hashlib
import time

from jobs.batch import BatchRecord
from jobs.contract import BatchId, InboxJob, Recipe, Source
from jobs.errors import UnsupportedDocument, UsageError
from jobs.foreign import foreign
from jobs.ledger import Ledger
from jobs.media import HEAD_BYTES, sniff
from jobs.prompt import read_prompt
from jobs.store import Store
from workers.job.resources import Resources


def register(job: InboxJob, resources: Resources) -> str:
    """Put the document in the store and the ledger; its job is then due like any other's."""
    store, ledger = resources.store, resources.ledger
    data = store.read_inbox(job.inbox, resources.settings.max_file_bytes)
    head = data[:HEAD_BYTES]
    media_type = sniff(head)
    if media_type is None:
        raise UnsupportedDocument(f"The file is {foreign(head)}.")
    content = hashlib.sha256(data).hexdigest()
    source = Source(document=content, name=job.inbox, media_type=media_type, size_bytes=len(data))
    recipe = _recipe(job.batch, store, ledger)
    store.put_document_bytes(content, data)
    ledger.create_batch(job.batch, recipe, job.queue)  # refuses a batch of another queue
    if not store.has_batch(job.batch):
        record = BatchRecord(batch=job.batch, queue=job.queue, recipe=recipe, created_s=time.time())
        store.put_batch(job.batch, record)
    store.add_manifest(job.batch, (source,))
    ledger.add(job.batch, (source,))
    return "registered"


def _recipe(batch: BatchId, store: Store, ledger: Ledger) -> Recipe:
    """The batch's own: a message names none, and a batch begun under another prompt takes more all the same."""
    try:
        return ledger.batch(batch).recipe
    except UsageError:
        record = store.get_batch(batch)  # the ledger may have been lost
    if record:
        return record.recipe
    prompt_name, prompt = read_prompt("finance")
    return Recipe(prompt_name=prompt_name, prompt=prompt)
