"""What a reviewer sees of one document: counts for the list, and the sheets of paper, so to say, that show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from jobs.batch import DocumentEntry
from jobs.finding import Finding, findings
from jobs.result import DocumentResult, FigureCounts, PageResult
from producer.results.finding import RESULT_GONE
from producer.review.crop import view_box

#: Pages of one sheet. A document of 5,000 pages on one took a browser 70 s and 6.5 GB.
SHEET_PAGES = 50


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that was applied."""

    page: int
    line: int  # from 1
    raw: str
    final: str
    witness: str


@dataclass(frozen=True)
class Sheet:
    """Some pages of a document, and what there is to look at on them."""

    number: int  # from 1
    pages: tuple[PageResult, ...]
    findings: tuple[Finding, ...]
    edits: tuple[Edit, ...]

    def view_box(self, finding: Finding) -> str:
        """Where on its page's scan a flagged figure stands."""
        page = next(each for each in self.pages if each.page == finding.page)
        return view_box(page.lines[(finding.line or 1) - 1], finding.start, finding.end)


class Reviewable:
    """A document with its result; None where it has none."""

    def __init__(self, entry: DocumentEntry, result: DocumentResult | None) -> None:
        self.entry = entry
        self.result = result

    @property
    def note(self) -> str:
        """Why it has no result, or what is wrong with the one it has."""
        if self.result is None:
            return self.entry.reason or (RESULT_GONE if self.entry.state == "done" else "")
        return "Its text is cut off: Aspose.OCR had no licence." if self.result.truncated else ""

    @cached_property
    def audit(self) -> FigureCounts:
        """The audit of its figures."""
        return self.result.audit if self.result else FigureCounts()

    @cached_property
    def sheets(self) -> list[Sheet]:
        """Its pages, cut into sheets; what is to be looked at in the whole document stands on the first.

        None of a document that is not done; one without pages where the store has lost the result.
        """
        if self.result is None:
            return [Sheet(1, (), (), ())] if self.entry.state == "done" else []
        pages, found, edits = self.result.pages, list(findings(self.result)), list(_edits(self.result))
        sheets = []
        for number, first in enumerate(range(0, max(len(pages), 1), SHEET_PAGES), 1):
            part = pages[first : first + SHEET_PAGES]
            here = {page.page for page in part} | ({None} if number == 1 else set())
            sheets.append(
                Sheet(
                    number,
                    part,
                    tuple(each for each in found if each.page in here),
                    tuple(each for each in edits if each.page in here),
                )
            )
        return sheets


def _edits(result: DocumentResult) -> Iterator[Edit]:
    for page in result.pages:
        for number, line in enumerate(page.lines, 1):
            for change in line.changes:
                yield Edit(page.page, number, change.raw, change.final, change.witness)
