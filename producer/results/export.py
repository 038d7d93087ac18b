"""Writes a batch's results to a folder: one file a submitted path, at the path it had, its suffix included.

`sub/scan.jpg` becomes `sub/scan.jpg.txt` and `sub/scan.jpg.json`; every duplicate gets its own.
"""

import json
import secrets
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from jobs.batch import DocumentEntry
from jobs.contract import DocumentState
from jobs.errors import UsageError
from jobs.result import DocumentResult
from producer.fleet import Fleet
from producer.naming import Names
from producer.results.checklist import Checklist
from producer.results.finding import RESULT_GONE

#: The ledger keeps so many names of one content (jobs/lua/add.lua); the manifest has all.
NAMES_IN_LEDGER = 100
CUT_OFF = (
    "its text is cut off, since Aspose.OCR had no licence. Set one and process it anew with submit --again, "
    "or take it as it is: --include-truncated"
)


class Format(StrEnum):
    """How a result is written."""

    TXT = "txt"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True)
class Exported:
    """What became of one document: the files, lines or rows that were written, or why there are none."""

    name: str
    state: DocumentState
    written: int
    reason: str = ""
    truncated: bool = False  # its text is cut off, and so was not wanted


class Export:
    """The results of one batch on their way into the folder `out`."""

    def __init__(
        self, fleet: Fleet, batch: str, out: Path, formats: Collection[Format], *, include_truncated: bool = False
    ) -> None:
        self._fleet = fleet
        self._batch = batch
        self._out = out
        self._formats = formats
        self._include_truncated = include_truncated

    def write(self) -> Iterator[Exported]:
        """Write document by document. A failed one has no text, its JSON has the reason; an unfinished one is left out.

        Raises:
            UsageError: there is no such batch, or the folder can't be written.
            StoreUnavailable: the store does not answer.
        """
        try:
            with ExitStack() as files:
                self._names = files.enter_context(closing(Names()))
                self._lines = self._open(files, Format.JSONL)
                rows = self._open(files, Format.CSV)
                checklist = Checklist(rows) if rows else None
                for entry in self._fleet.documents(self._batch):
                    yield self._write_document(entry, checklist)
        except OSError as error:
            raise UsageError(f"Can't write to {self._out}: {error.strerror}. Give another folder: --out DIR.") from None

    def _open(self, files: ExitStack, wanted: Format) -> TextIO | None:
        """Open the file that is one for the whole batch, if it is wanted."""
        path = self._out / f"{self._batch}.{wanted}"
        return files.enter_context(_replacing(path)) if wanted in self._formats else None

    def _write_document(self, entry: DocumentEntry, checklist: Checklist | None) -> Exported:
        result = self._fleet.result(entry)
        exported = self._write_result(entry, result)
        if checklist is None:
            return exported
        return replace(exported, written=exported.written + checklist.add(entry, result, exported.reason))

    def _write_result(self, entry: DocumentEntry, result: DocumentResult | None) -> Exported:
        name = entry.names[0]
        if entry.state == "done" and result is None:
            return Exported(name, "done", 0, RESULT_GONE)
        if entry.state in ("queued", "running"):
            return Exported(name, entry.state, 0)
        if result is not None and result.truncated and not self._include_truncated:
            return Exported(name, "done", 0, CUT_OFF, truncated=True)
        written = sum(self._write_name(name, entry, result) for name in self._all_names(entry))
        return Exported(name, entry.state, written, entry.reason if result is None else "")

    def _all_names(self, entry: DocumentEntry) -> Iterator[str]:
        yield from entry.names
        if len(entry.names) >= NAMES_IN_LEDGER:
            manifest = self._fleet.store.manifest(self._batch)
            yield from (source.name for source in manifest if source.document == entry.document)

    def _write_name(self, name: str, entry: DocumentEntry, result: DocumentResult | None) -> int:
        path = self._names.take(name, entry.document)
        if path is None:
            return 0
        texts: dict[str, str] = {}
        if Format.TXT in self._formats and result is not None:
            texts["txt"] = f"{result.text}\n"
        value = _describe(self._batch, name, entry, result)
        if Format.JSON in self._formats:
            texts["json"] = json.dumps(value, ensure_ascii=False, indent=2)
        for suffix, text in texts.items():
            self._place(f"{path}.{suffix}", f"{entry.document}.{suffix}", text)
        if self._lines is not None:
            self._lines.write(f"{json.dumps(value, ensure_ascii=False)}\n")
        return len(texts) + (self._lines is not None)

    def _place(self, path: str, otherwise: str, text: str) -> None:
        """Write a file. A document `a.txt/b` stands in the way of `a`'s text: that is named by its content then."""
        try:
            _write(self._out / path, text)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            _write(self._out / otherwise, text)


def _describe(batch: str, name: str, entry: DocumentEntry, result: DocumentResult | None) -> dict[str, Any]:
    value: dict[str, Any] = {"document": entry.document, "name": name, "batch": batch, "state": entry.state}
    if result is None:
        return value | {"reason": entry.reason}
    texts = {"text": result.text, "raw_text": result.raw_text}
    value |= {"truncated": result.truncated, "audit": result.audit.model_dump()}
    return value | texts | result.model_dump(mode="json", exclude={"document"})


def _write(path: Path, text: str) -> None:
    with _replacing(path) as file:
        file.write(text)


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that takes its name once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
