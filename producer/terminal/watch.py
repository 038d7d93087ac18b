"""Looks at batches until they have ended."""

import time
from collections.abc import Callable, Iterator

from jobs.batch import BatchSummary
from producer.fleet import Fleet
from producer.terminal.console import console, emit, say
from producer.terminal.progress import progress
from producer.terminal.status import NO_WORKER, batch_table, describe, pages_sentence, sentence

#: Between two looks at the counts: one small read of Redis each.
POLL_S = 0.5

Look = Callable[[], list[BatchSummary]]


def wait(fleet: Fleet, batch: str) -> BatchSummary:
    """Show a batch's progress until each of its documents is done, failed or cancelled."""
    summary = fleet.ledger.batch(batch)
    with progress(batch, "documents", summary.documents) as meter:
        for (summary,) in _looks(lambda: [fleet.ledger.batch(batch)]):
            note = NO_WORKER if fleet.is_waiting(summary) else pages_sentence(summary)
            meter.update(summary.finished, summary.documents, note)
    return summary


def watch_table(look: Look) -> list[BatchSummary]:
    """Show batches as they change: a live table on a terminal, else a line for each change. Returns them at the end."""
    out = console()
    if not out.is_terminal:
        return _each_change(look, lambda summary: say(sentence(summary)))
    from rich.live import Live

    summaries: list[BatchSummary] = []
    with Live(console=out, auto_refresh=False) as live:
        for summaries in _looks(look):
            live.update(batch_table(summaries), refresh=True)
    return summaries


def watch_json(look: Look) -> list[BatchSummary]:
    """Write an object for each batch whenever it has changed. Returns them at the end."""
    return _each_change(look, lambda summary: emit(describe(summary)))


def _each_change(look: Look, tell: Callable[[BatchSummary], None]) -> list[BatchSummary]:
    told: dict[str, BatchSummary] = {}
    for summaries in _looks(look):
        for summary in summaries:
            if told.get(summary.batch) != summary:
                tell(summary)
        told = {summary.batch: summary for summary in summaries}
    return list(told.values())


def _looks(look: Look) -> Iterator[list[BatchSummary]]:
    while True:
        summaries = look()
        yield summaries
        if all(summary.finished >= summary.documents for summary in summaries):
            return
        time.sleep(POLL_S)
