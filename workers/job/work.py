"""The work of one attempt: read the pages of its part; where that was the last, put the document together."""

import logging
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial

from jobs.errors import DocumentMissing, OcrUnavailable, StoreUnavailable
from jobs.ledger import Lease
from jobs.result import DocumentResult, PageResult, Statement
from jobs.selection import select
from workers.document.bounds import Bounds, check_file
from workers.document.pages import Pages, encode_jpeg, open_document
from workers.job.heartbeat import Heartbeat
from workers.job.resources import Resources
from workers.pipeline import Tools, assemble, read_page

log = logging.getLogger(__name__)


class Work:
    """What is done under one lease.

    Raises:
        OcrUnavailable: another node has what the document was begun with.
    """

    def __init__(self, lease: Lease, resources: Resources, heartbeat: Heartbeat) -> None:
        self._lease = lease
        self._resources = resources
        self._store, self._ledger, self._settings = resources.store, resources.ledger, resources.settings
        self._heartbeat = heartbeat
        self._document = lease.job.document
        self._tools = _choose_tools(lease, resources)
        self._fingerprint = self._tools.fingerprint

    def do(self) -> DocumentResult | str:
        """Do it. Returns the whole document, or in a word why there is none yet.

        Raises:
            LeaseLost: another worker has the job.
            PermanentError, RetryableError: as the store, the ledger, the document and the tools do.
        """
        if result := self._store.get_result(self._document, self._fingerprint):
            return result
        check_file(self._lease.size_bytes, self._settings)
        with self._open() as document:
            numbers = select(self._lease.recipe.pages, document.page_count)
            statement = document.statement() if len(numbers) == document.page_count else None
            self._split(numbers)
            own = self._lease.share(numbers)
            pages = self._do_pages(document, own)
        if len(pages) < len(own):
            self._ledger.give_back(self._lease)
            return "handed back"
        if self._lease.parts > 1 and not self._ledger.part_done(self._lease):
            return "part done"
        self._heartbeat.check()
        return self._assemble(numbers, pages, statement)

    def _open(self) -> AbstractContextManager[Pages]:
        data = self._read()
        passwords = partial(self._store.passwords, self._lease.job.batch)
        return open_document(data, self._lease.media_type, Bounds.of(self._settings), passwords)

    def _read(self) -> bytes:
        try:
            return self._store.read_document(self._document)
        except DocumentMissing:
            self._store.check_batch(self._lease.job.batch)  # another worker may have the store that it is in
            raise

    def _split(self, numbers: Sequence[int]) -> None:
        """Let a long document's parts spread over the fleet; parts that are due already stay as they are."""
        if self._lease.pages:
            return
        if len(numbers) == 1:  # most are: `finish` counts its page, and three writes to Redis' disk are saved
            self._lease = self._lease.model_copy(update={"pages": 1})
            return
        parts = math.ceil(len(numbers) / self._settings.pages_per_job)
        self._lease = self._ledger.split(self._lease, len(numbers), parts, self._tools.pin)

    def _do_pages(self, document: Pages, numbers: Sequence[int]) -> dict[int, PageResult]:
        """Do these pages but for those done before. Fewer than asked for: the worker drains."""
        pages: dict[int, PageResult] = {}
        for number in numbers:
            if self._resources.drain.begun:
                break
            self._heartbeat.check()
            done = self._store.get_page(self._document, self._fingerprint, number) if self._lease.pages > 1 else None
            pages[number] = done or self._do_page(document, number)
            if self._lease.pages > 1:
                self._ledger.page_done(self._lease, number)
        return pages

    def _do_page(self, document: Pages, number: int) -> PageResult:
        """Read a page and keep it. An only page stands in the document's result, which follows: one file less."""
        at = partial(self._resources.note.at, number)
        page, pixels = read_page(document, number, self._tools, dpi=self._settings.raster_dpi, on_stage=at)
        image = encode_jpeg(pixels)
        self._heartbeat.check()
        at("write")
        if self._lease.pages > 1:
            self._store.put_page(self._document, self._fingerprint, page, image)
        else:
            self._store.put_image(self._document, self._fingerprint, number, image)
        self._resources.pages_read += 1
        return page

    def _assemble(
        self, numbers: Sequence[int], done: dict[int, PageResult], statement: Statement | None
    ) -> DocumentResult:
        pages: list[PageResult] = []
        for number in numbers:
            page = done.get(number) or self._store.get_page(self._document, self._fingerprint, number)
            if page is None:  # done by the ledger, gone from the store
                self._ledger.reopen(self._lease)
                raise StoreUnavailable(f"Page {number} is done but not in the store: it is done again.")
            pages.append(page)
        result = assemble(self._document, self._fingerprint, tuple(pages), statement)
        self._store.put_result(result)
        self._store.check_batch(self._lease.job.batch)  # unmounted meanwhile, it would lie under the mount, and be lost
        return result


def _choose_tools(lease: Lease, resources: Resources) -> Tools:
    """Take what the document was begun with. This node's own where it is alone in having none of it.

    Raises:
        OcrUnavailable: another node has it.
    """
    if lease.pin is None:
        return resources.tools(lease.recipe)
    if tools := resources.pinned_tools(lease.recipe, lease.pin):
        return tools
    own = resources.tools(lease.recipe)
    if resources.ledger.reopen(lease, own.pin):
        log.info(
            "No node has %s: begins anew with %s.", lease.pin.engine, own.ocr.name, extra={"event": "job.repinned"}
        )
        return own
    raise OcrUnavailable(
        f"The document was begun with {lease.pin.engine}, this node has {own.ocr.name}, or another model. "
        "It waits for a node that has the same; nodes of one fleet should agree."
    )
