"""One attempt at one job: take the lease, do the pages, assemble, and tell the ledger how it ended."""

import logging
import math
import random
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from jobs.contract import Job
from jobs.errors import LeaseLost, OcrFailed, OcrUnavailable, PermanentError, RetryableError, StoreUnavailable
from jobs.lease import Untold
from jobs.ledger import Lease
from jobs.result import DocumentResult, Outcome, PageResult, Statement
from jobs.selection import select
from workers.backoff import backoff_s
from workers.document.bounds import Bounds, check_file
from workers.document.pages import Pages, encode_jpeg, open_document
from workers.heartbeat import Heartbeat
from workers.outcome import tell
from workers.pipeline import Tools, assemble, read_page
from workers.resources import Resources

log = logging.getLogger(__name__)

#: Wait while the engine, the store or Redis is away; such a wait costs the document no attempt.
OUTAGE_WAIT_S = 5.0
#: Between two tries to say how an attempt ended.
TELL_AGAIN_S = 1.0


def run(job: Job, resources: Resources, *, stay_s: float = 0) -> str:
    """Attempt a job; then those that are due next in its queue, as long as they begin within `stay_s` of the first.

    Returns the word for how it ended, for the log and for Flower.
    """
    lease = resources.ledger.take(job, resources.node)
    if lease is None:
        return "stepped aside"
    stay_until = time.monotonic() + stay_s
    try:
        ended = [_attempt(lease, resources)]
        while time.monotonic() < stay_until and not resources.drain.begun:
            another = resources.ledger.take_next(lease.queue, resources.node)
            if another is None:
                break
            ended.append(_attempt(another, resources))
    finally:
        _tell_store(resources)
    return ended[0] if len(ended) == 1 else f"{ended[0]}, and {len(ended) - 1} more"


def _tell_store(resources: Resources) -> None:
    """Once for all that has ended. What the store can't be told now it hears from a pulse."""
    untold, resources.untold = resources.untold, []
    try:
        tell(resources.store, resources.ledger, untold)
    except RetryableError as error:
        log.warning("The store hears later how documents ended: %s", error, extra={"event": "job.untold"})


def _attempt(lease: Lease, resources: Resources) -> str:
    job = lease.job
    extra = {"batch": job.batch, "document": job.document[:12], "part": job.part, "attempt": lease.attempt}
    resources.note.begin(lease)
    with Heartbeat(resources.ledger, lease, resources.settings.lease_s / 3) as heartbeat:
        ended = _run_leased(lease, resources, heartbeat)
    resources.note.end()
    log.info("Job %s.", ended, extra={"event": "job.ended", "state": ended, **extra})
    return ended


def _run_leased(lease: Lease, resources: Resources, heartbeat: Heartbeat) -> str:
    """Work under the lease and map every way to end to the ledger."""
    try:
        return _work(lease, resources, heartbeat)
    except LeaseLost:
        return _step_back(lease, resources)
    except PermanentError as error:
        report = partial(_fail, lease, resources, error.reason)
    except RetryableError as error:
        report = partial(_wait, lease, resources, error.reason)
    except (SystemExit, KeyboardInterrupt):  # a cold stop: the document is not to blame
        resources.ledger.give_back(lease)
        raise
    except Exception as error:  # noqa: BLE001 - a defect of ours or a library's costs an attempt, not the worker
        log.warning("%s", _trace(error), extra={"event": "job.error"})
        report = partial(_retry_or_fail, lease, resources, _describe(error))
    # Not in the handler: an error that Celery logs from there would show the document's, which may quote it.
    return _report(report, lease, resources)


def _report(report: Callable[[], str], lease: Lease, resources: Resources) -> str:
    """Say how the attempt ended, as soon as ledger and store are there to hear it: an outage costs no attempt."""
    while True:
        try:
            return report()
        except LeaseLost:
            return _step_back(lease, resources)
        except RetryableError as error:
            if resources.drain.begun:
                raise
            log.warning("Waits to say how a job ended: %s", error, extra={"event": "job.untold"})
            time.sleep(TELL_AGAIN_S)


def _work(lease: Lease, resources: Resources, heartbeat: Heartbeat) -> str:
    tools = _tools(lease, resources)
    result = resources.store.get_result(lease.job.document, tools.fingerprint)
    if result is None:
        check_file(lease.size_bytes, resources.settings)
        data = resources.store.read_document(lease.job.document)
        bounds = Bounds.of(resources.settings)
        passwords = partial(resources.store.passwords, lease.job.batch)
        with open_document(data, lease.media_type, bounds, passwords) as document:
            numbers = select(lease.recipe.pages, document.page_count)
            statement = document.statement() if len(numbers) == document.page_count else None
            lease = _split(numbers, lease, resources, tools)
            pages = _do_pages(document, lease.share(numbers), lease, resources, tools, heartbeat)
        if len(pages) < len(lease.share(numbers)):
            resources.ledger.give_back(lease)
            return "handed back"
        if lease.parts > 1 and not resources.ledger.part_done(lease):
            return "part done"
        heartbeat.check()
        result = _assemble(numbers, lease, resources, tools, pages, statement)
    return _end(lease, resources, Outcome.done(result))


def _tools(lease: Lease, resources: Resources) -> Tools:
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


def _split(numbers: Sequence[int], lease: Lease, resources: Resources, tools: Tools) -> Lease:
    """Let a long document's parts spread over the fleet; parts that are due already stay as they are."""
    if lease.pages:
        return lease
    if len(numbers) == 1:  # most are: `finish` counts its page, and three writes to Redis' disk are saved
        return lease.model_copy(update={"pages": 1})
    parts = math.ceil(len(numbers) / resources.settings.pages_per_job)
    return resources.ledger.split(lease, len(numbers), parts, tools.pin)


def _do_pages(
    document: Pages, numbers: Sequence[int], lease: Lease, resources: Resources, tools: Tools, heartbeat: Heartbeat
) -> dict[int, PageResult]:
    """Do this part's pages but for those done before. Fewer than asked for: the worker drains."""
    pages: dict[int, PageResult] = {}
    for number in numbers:
        if resources.drain.begun:
            break
        heartbeat.check()
        done = resources.store.get_page(lease.job.document, tools.fingerprint, number) if lease.pages > 1 else None
        pages[number] = done or _do_page(document, number, lease, resources, tools, heartbeat)
        if lease.pages > 1:
            resources.ledger.page_done(lease, number)
    return pages


def _do_page(
    document: Pages, number: int, lease: Lease, resources: Resources, tools: Tools, heartbeat: Heartbeat
) -> PageResult:
    """Read a page and keep it. An only page stands in the document's result, which follows at once: one file less."""
    at = partial(resources.note.at, number)
    page, pixels = read_page(document, number, tools, dpi=resources.settings.raster_dpi, on_stage=at)
    image = encode_jpeg(pixels)
    heartbeat.check()
    at("write")
    if lease.pages > 1:
        resources.store.put_page(lease.job.document, tools.fingerprint, page, image)
    else:
        resources.store.put_image(lease.job.document, tools.fingerprint, number, image)
    resources.pages_read += 1
    return page


def _assemble(
    numbers: Sequence[int],
    lease: Lease,
    resources: Resources,
    tools: Tools,
    done: dict[int, PageResult],
    statement: Statement | None,
) -> DocumentResult:
    pages: list[PageResult] = []
    for number in numbers:
        page = done.get(number) or resources.store.get_page(lease.job.document, tools.fingerprint, number)
        if page is None:  # done by the ledger, gone from the store
            resources.ledger.reopen(lease)
            raise StoreUnavailable(f"Page {number} is done but not in the store: it is done again.")
        pages.append(page)
    result = assemble(lease.job.document, tools.fingerprint, tuple(pages), statement)
    resources.store.put_result(result)
    return result


def _fail(lease: Lease, resources: Resources, reason: str) -> str:
    outcome = Outcome(
        document=lease.job.document,
        state="failed",
        reason=reason,
        attempts=lease.attempt,
        node=lease.node,
        log=resources.note.log,
    )
    return _end(lease, resources, outcome)


def _end(lease: Lease, resources: Resources, outcome: Outcome) -> str:
    """The ledger first: it refuses whoever lost the lease. The store is told next."""
    resources.ledger.finish(lease, outcome)
    resources.untold.append(Untold(batch=lease.job.batch, outcome=outcome))
    return outcome.state


def _step_back(lease: Lease, resources: Resources) -> str:
    """Leave the job to who has it now. A document that was deleted meanwhile leaves no page that was written since."""
    with suppress(StoreUnavailable):
        if not resources.store.has_document(lease.job.document):
            resources.store.delete_all_results(lease.job.document)
    return "lost its lease"


def _wait(lease: Lease, resources: Resources, reason: str) -> str:
    log.info("Hands a job back: %s", reason, extra={"event": "job.handed_back"})
    resources.ledger.retry_later(lease, reason, OUTAGE_WAIT_S * (1 + random.random()), counted=False)
    return "waits"


def _retry_or_fail(lease: Lease, resources: Resources, reason: str) -> str:
    if lease.attempt >= resources.settings.max_attempts:
        return _fail(lease, resources, reason)
    resources.ledger.retry_later(lease, reason, backoff_s(lease.attempt), log=resources.note.log)
    return "waits for another attempt"


def _describe(error: Exception) -> str:
    """Name an unexpected error by type and place; its message may quote the invoice, ours never does."""
    if isinstance(error, OcrFailed):
        return error.reason
    return f"Unexpected {type(error).__name__} in {_places(error)[-1]}"


def _trace(error: Exception) -> str:
    """Say where an unexpected error came from, without its message."""
    return f"{type(error).__name__} in {' < '.join(reversed(_places(error)))}"


def _places(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.name} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" for frame in frames]
