"""What a reviewer sees of one document: counts for the list, and the page that shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.batch import DocumentEntry
from jobs.result import DocumentResult, Figure, LineResult, PageResult


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a line that a person may want to look at."""

    page: int
    line: int  # from 1
    raw: str
    final: str
    why: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document with its result; None where it has none."""

    entry: DocumentEntry
    result: DocumentResult | None

    @property
    def note(self) -> str:
        """Why it has no result, or what is wrong with the one it has."""
        if self.result is None:
            gone = "its result is not in the store: process it anew with submit --again"
            return self.entry.reason or (gone if self.entry.state == "done" else "")
        return "Its text is cut off: Aspose.OCR had no licence." if self.result.truncated else ""

    @property
    def pages(self) -> tuple[PageResult, ...]:
        """Its pages."""
        return self.result.pages if self.result else ()

    @property
    def flagged(self) -> list[Item]:
        """Figures that a person should look at."""
        return [
            Item(page, number, figure.raw, figure.final, figure.flag)
            for page, number, _, figure in self._figures()
            if figure.flag
        ]

    @property
    def changed(self) -> list[Item]:
        """Edits that were applied."""
        return [
            Item(page, number, change.raw, change.final, change.witness)
            for page, number, line in self._lines()
            for change in line.changes
        ]

    @property
    def figures(self) -> int:
        """How many figures it has."""
        return sum(1 for _ in self._figures())

    @property
    def open_sums(self) -> int:
        """Sums and products that it states and that do not close."""
        return sum(not each.closes for each in self.result.arithmetic) if self.result else 0

    @property
    def denied(self) -> list[tuple[str, str]]:
        """Totals that the XML inside the document states and no page shows: role and value."""
        statement = self.result.statement if self.result else None
        return [(role, statement.totals[role]) for role in statement.missing] if statement else []

    def _lines(self) -> Iterator[tuple[int, int, LineResult]]:
        for page in self.pages:
            for number, line in enumerate(page.lines, 1):
                yield page.page, number, line

    def _figures(self) -> Iterator[tuple[int, int, LineResult, Figure]]:
        for page, number, line in self._lines():
            for figure in line.figures:
                yield page, number, line, figure
