"""One run of `ocrfleet submit`: sends, shows how far it is, and says how to go on when it is interrupted."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from jobs.batch import BatchSummary
from jobs.errors import RetryableError
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import Count, walk
from producer.order import Wish
from producer.submit import Part, submit_again, submit_files
from producer.terminal.console import Status, say, show
from producer.terminal.interrupt import Interrupt
from producer.terminal.progress import progress
from producer.terminal.status import NO_WORKER, next_lines
from producer.terminal.tally import SubmitTally
from producer.terminal.watch import wait


class Session:
    """A submission to one batch, started with `arguments` on the command line."""

    def __init__(self, fleet: Fleet, batch: str, arguments: Sequence[str]) -> None:
        self.batch = batch
        self._fleet = fleet
        self._arguments = arguments

    def send(self, paths: Sequence[str], wish: Wish) -> SubmitTally:
        """Submit the files of `paths`; without any, all documents of the batch again."""
        with self._going_on_with(self._resume()):
            self._fleet.store.check()
            self._fleet.ledger.nodes()  # Redis answers
            return self._send_files(paths, wish) if paths else self._send_again(wish)

    def say_what_is_left(self, tally: SubmitTally) -> None:
        """Say what a submission alone does not do: send again what has ended, and work."""
        summary = self._fleet.ledger.batch(self.batch)
        if tally.known > tally.again:
            say(*next_lines(summary))
        if self._fleet.is_waiting(summary):
            say(NO_WORKER)

    def wait(self) -> BatchSummary:
        """Wait until the batch has ended."""
        with self._going_on_with(f"ocrfleet status {self.batch} --watch"):
            return wait(self._fleet, self.batch)

    def _send_files(self, paths: Sequence[str], wish: Wish) -> SubmitTally:
        ahead = Count(paths)
        files = take_in(walk(paths), self._fleet.settings.max_file_bytes, wish.passwords)
        tally = SubmitTally()
        with progress("submit", "files") as meter, Interrupt() as interrupt:
            for part in submit_files(self._fleet, self.batch, wish, files):
                interrupt.check()
                tally.add(part)
                _name_skips(part)
                counted = ahead.total if ahead.total and tally.seen <= ahead.total else None  # not what archives hold
                meter.update(tally.seen, counted)
        return tally

    def _send_again(self, wish: Wish) -> SubmitTally:
        tally = SubmitTally()
        total = self._fleet.ledger.batch(self.batch).documents
        with progress("submit", "documents", total) as meter, Interrupt() as interrupt:
            for part in submit_again(self._fleet, self.batch, wish):
                interrupt.check()
                tally.add(part)
                meter.update(tally.seen)
        return tally

    def _resume(self) -> str:
        named = any(part.split("=")[0] == "--batch" for part in self._arguments)
        return shlex.join(["ocrfleet", *self._arguments, *([] if named else ["--batch", self.batch])])

    @contextmanager
    def _going_on_with(self, command: str) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            say(f"Interrupted. Nothing is lost or doubled when you go on with: {show(command)}")
            raise typer.Exit(Status.INTERRUPTED) from None
        except RetryableError as error:
            raise type(error)(f"{error} Then go on with: {show(command)}") from None


def _name_skips(part: Part) -> None:
    for skip in part.skips:
        say(f"passed over {show(skip.path)}: {skip.reason}")
