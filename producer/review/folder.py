"""Writes a batch as a folder of pages for a browser: a list of what needs a person, one of all, and a page a document.

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
from producer.review.round import Round
from producer.review.sheet import Reviewable

#: Rows of one list. A browser is still quick with them.
ROWS = 2000
COUNTS = ("figures", "changed", "flagged", "open_sums", "needs_a_person")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One row of the lists. A batch of a million has a million, so it holds little."""

    name: str
    copies: int
    document: str  # '' where there is nothing to show
    state: str
    pages: int
    figures: int
    changed: int
    flagged: int
    open_sums: int
    note: str  # why there is no result, or what is wrong with it

    @property
    def needs_a_person(self) -> bool:
        """Whether a person must look at it."""
        doubtful = bool(self.note or self.flagged or self.open_sums)
        return self.state == "failed" or (self.state == "done" and doubtful)


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the two lists: its first file, its title, and its rows."""

    file: str
    title: str
    rows: list[Reviewed]

    def parts(self) -> list[tuple[str, list[Reviewed]]]:
        """Cut it into files that a browser shows quickly: their names and rows."""
        cut = [self.rows[first : first + ROWS] for first in range(0, len(self.rows), ROWS)] or [[]]
        stem = self.file.removesuffix(".html")
        return [(f"{stem}-{number}.html" if number > 1 else self.file, rows) for number, rows in enumerate(cut, 1)]


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
        """Write document by document, then the lists.

        Raises:
            UsageError: there is no such batch, or the folder can't be written.
            StoreUnavailable: the store does not answer.
        """
        summary = self._fleet.ledger.batch(self._batch)
        round_ = Round.of(self._fleet.documents(self._batch))
        try:
            self._pages.mkdir(parents=True, exist_ok=True)
            for entry in self._fleet.documents(self._batch):
                self._rows.append(self._write_document(entry, round_))
                yield self._rows[-1]
            self._write_lists(summary)
        except OSError as error:
            raise UsageError(f"Can't write to {self._out}: {error.strerror}. Give another folder: --out DIR.") from None

    def _write_document(self, entry: DocumentEntry, round_: Round) -> Reviewed:
        shown = Reviewable(entry, self._fleet.result(entry))
        places = {"every": round_.every.place(entry.document), "to_review": round_.to_review.place(entry.document)}
        self._write_images(shown)
        for sheet in shown.sheets:
            name = f"{entry.document}{f'-{sheet.number}' if sheet.number > 1 else ''}.html"
            self._render("document.html", self._pages / name, shown=shown, sheet=sheet, batch=self._batch, **places)
        return Reviewed(
            name=entry.names[0],
            copies=len(entry.names) - 1,
            document=entry.document if shown.sheets else "",
            state=entry.state,
            pages=sum(len(sheet.pages) for sheet in shown.sheets),
            figures=shown.audit.figures,
            changed=sum(len(sheet.edits) for sheet in shown.sheets),
            flagged=shown.audit.flagged,
            open_sums=shown.audit.sums_open,
            note=shown.note,
        )

    def _write_images(self, shown: Reviewable) -> None:
        if shown.result is None:
            return
        document, fingerprint = shown.result.document, shown.result.fingerprint
        for page in shown.result.pages:
            image = self._fleet.store.page_image(document, fingerprint, page.page)
            (self._pages / f"{document}-{page.page}.jpg").write_bytes(image or b"")

    def _write_lists(self, summary: BatchSummary) -> None:
        asked = sorted((row for row in self._rows if row.needs_a_person), key=lambda row: bool(row.document))
        tabs = [Tab("index.html", "To review", asked), Tab("all.html", "All documents", self._rows)]
        for tab in tabs:
            names = [name for name, _ in tab.parts()]
            shared = {"summary": summary, "tabs": tabs, "tab": tab, "names": names, "total": self.total}
            for name, rows in tab.parts():
                self._render("list.html", self._out / name, rows=rows, name=name, **shared)

    def _render(self, template: str, path: Path, **values: object) -> None:
        path.write_text(self._templates.get_template(template).render(values), encoding="utf-8")
