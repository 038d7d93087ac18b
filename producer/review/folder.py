"""Writes a batch as a folder of pages for a browser: a list, what needs a person first, and a page a document.

Plain HTML without scripts, from text that nobody vouches for: everything is escaped, and the pages forbid the
browser to run anything, or to load more than their own images.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from jobs.batch import BatchSummary, DocumentEntry
from jobs.errors import UsageError
from producer.fleet import Fleet
from producer.review import span
from producer.review.sheet import Sheet

#: Rows of one list. A browser is still quick with them.
ROWS = 1000
COUNTS = ("figures", "changed", "flagged", "open_sums")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One row of the list. A batch of a million has a million, so it holds little."""

    name: str
    copies: int
    document: str
    state: str
    pages: int
    figures: int
    changed: int
    flagged: int
    open_sums: int
    note: str  # why there is no result, or what is wrong with it

    @property
    def first(self) -> tuple[bool, int, int, str]:
        """Sorts what needs a person to the front."""
        return not self.note, -self.flagged, -self.open_sums, self.name


class Review:
    """The pages of one batch on their way into the folder `out`."""

    def __init__(self, fleet: Fleet, batch: str, out: Path) -> None:
        self._fleet = fleet
        self._batch = batch
        self._out = out
        self._pages = out / "documents"
        self._rows: list[Reviewed] = []
        self._templates = Environment(
            loader=PackageLoader("producer.review"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(before=span.before, after=span.after, kind=span.kind)

    @property
    def index(self) -> Path:
        """Where a person begins."""
        return self._out / "index.html"

    @property
    def total(self) -> dict[str, int]:
        """The sum of what was written so far."""
        return {name: sum(getattr(row, name) for row in self._rows) for name in COUNTS}

    def write(self) -> Iterator[Reviewed]:
        """Write document by document, then the list.

        Raises:
            UsageError: there is no such batch, or the folder can't be written.
            StoreUnavailable: the store does not answer.
        """
        summary = self._fleet.ledger.batch(self._batch)
        try:
            self._pages.mkdir(parents=True, exist_ok=True)
            for entry in self._fleet.documents(self._batch):
                self._rows.append(self._write_document(entry))
                yield self._rows[-1]
            self._write_lists(summary)
        except OSError as error:
            raise UsageError(f"Can't write to {self._out}: {error.strerror}. Give another folder: --out DIR.") from None

    def _write_document(self, entry: DocumentEntry) -> Reviewed:
        result = self._fleet.store.get_result(entry.document, entry.fingerprint) if entry.state == "done" else None
        sheet = Sheet(entry, result)
        if result is not None:
            for page in result.pages:
                image = self._fleet.store.page_image(result.document, result.fingerprint, page.page)
                (self._pages / f"{entry.document}-{page.page}.jpg").write_bytes(image or b"")
            self._render("document.html", self._pages / f"{entry.document}.html", sheet=sheet, batch=self._batch)
        return Reviewed(
            name=entry.names[0],
            copies=len(entry.names) - 1,
            document=entry.document if result else "",
            state=entry.state,
            pages=len(sheet.pages),
            figures=sheet.figures,
            changed=len(sheet.changed),
            flagged=len(sheet.flagged),
            open_sums=sheet.open_sums,
            note=sheet.note,
        )

    def _write_lists(self, summary: BatchSummary) -> None:
        rows = sorted(self._rows, key=lambda row: row.first)
        parts = [rows[first : first + ROWS] for first in range(0, len(rows), ROWS)] or [[]]
        names = ["index.html", *(f"index-{number}.html" for number in range(2, len(parts) + 1))]
        shared = {"summary": summary, "names": names, "total": self.total}
        for name, part in zip(names, parts, strict=True):
            self._render("list.html", self._out / name, rows=part, name=name, **shared)

    def _render(self, template: str, path: Path, **values: object) -> None:
        path.write_text(self._templates.get_template(template).render(values), encoding="utf-8")
