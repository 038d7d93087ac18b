"""What a page and a document look like after reading and correction, as they stand in the store and in exports."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field

from jobs.contract import ContentId, Frozen, Mode

#: A failed document keeps so much of the log of its last attempt.
LOG_LINES = 20
LOG_BYTES = 4096

Point = tuple[float, float]
#: Corners of a line in pixels of the page as stored: top left, top right, bottom right, bottom left.
Box = tuple[Point, Point, Point, Point]

#: Left and right end of a word along its line, as parts of the line's length from where its text begins.
Extent = tuple[float, float]


class Change(Frozen):
    """An edit that was applied to a line."""

    start: int  # code points in the line's raw text
    end: int
    raw: str
    final: str
    source: Literal["model", "figure", "rule"]
    witness: str  # what vouches for it: "model", "format", "iban mod 97", "net + tax = gross" ...


class Refusal(Frozen):
    """An edit that was proposed and not applied."""

    start: int
    end: int
    raw: str
    proposed: str
    source: Literal["model", "figure", "rule"]
    reason: str


class Figure(Frozen):
    """The audit of one figure: an amount, a date, a number, an identifier."""

    start: int  # code points in the line's final text
    end: int
    kind: str  # amount, percentage, date, time, iban, vat_id, number, code ...
    raw: str
    final: str
    confidence: float  # of its least sure character, or of its line where the engine tells no more
    witness: str | None = None  # what vouches for it, where something does
    flag: str | None = None  # why a person must look at it
    readings: tuple[tuple[str, float], ...] = ()  # other readings by the engine with their probability, best first


class LineResult(Frozen):
    """One line of a page, before and after."""

    raw: str
    text: str
    box: Box
    confidence: float
    exact: bool = False  # the document's own text, which nothing may change; else read by OCR
    asked: bool = False  # whether the model was asked about it
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    figures: tuple[Figure, ...] = ()
    flags: tuple[str, ...] = ()
    words: tuple[Extent, ...] = ()  # of each word of `raw`, where the engine tells


class Arithmetic(Frozen):
    """A sum or product that the document states, and whether it closes."""

    rule: str  # "net + tax = gross", "quantity x price = amount" ...
    terms: tuple[str, ...]  # the figures as printed, the result last
    closes: bool


class Provenance(Frozen):
    """What made a result."""

    pipeline_version: int
    engine: str  # name and version of what read the page: an OCR engine, the PDF's own text, or both
    model: str
    model_sha256: str
    mode: Mode
    prompt_name: str
    prompt: str
    truncated: bool = False  # the OCR engine has no licence and cut the text off


class PageResult(Frozen):
    """One page, read and corrected."""

    page: int  # from 1
    width_px: int
    height_px: int
    dpi: int
    lines: tuple[LineResult, ...]
    provenance: Provenance
    seconds: dict[str, float]  # by stage: raster, text, ocr, correction

    @property
    def raw_text(self) -> str:
        """The page as OCR read it."""
        return "\n".join(line.raw for line in self.lines)

    @property
    def text(self) -> str:
        """The page after correction."""
        return "\n".join(line.text for line in self.lines)


class FigureCounts(Frozen):
    """What the audit of the figures comes to, of a document or summed over a batch."""

    figures: int = 0
    vouched: int = 0  # for which a witness stands: a checksum, a format, the arithmetic
    changed: int = 0  # that OCR had misread, mended by a witness
    flagged: int = 0  # that a person must look at
    sums: int = 0  # sums and products that the documents state
    sums_open: int = 0  # of these: that do not close

    @property
    def to_review(self) -> bool:
        """Whether a person must look."""
        return bool(self.flagged or self.sums_open)


class Statement(Frozen):
    """What the XML inside a PDF states (ZUGFeRD, Factur-X, XRechnung): a witness for the figures on its pages.

    Amounts are written with a point, dates as YYYYMMDD, as in the XML.
    """

    source: str  # the attachment's name
    totals: dict[str, str] = Field(default_factory=dict)  # by role: net, tax, gross, due
    amounts: tuple[str, ...] = ()  # prices, quantities and rates among them
    dates: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()  # IBANs, VAT ids, numbers of documents
    unreadable: str = ""  # why it states nothing
    missing: tuple[str, ...] = ()  # roles of totals that stand nowhere on the pages: a person must look


class DocumentResult(Frozen):
    """All pages of a document, assembled."""

    version: Literal[1] = 1
    document: ContentId
    fingerprint: str
    pages: tuple[PageResult, ...]
    arithmetic: tuple[Arithmetic, ...] = ()
    statement: Statement | None = None

    @property
    def truncated(self) -> bool:
        """Whether any page's text was cut off by an OCR engine without a licence."""
        return any(page.provenance.truncated for page in self.pages)

    @property
    def audit(self) -> FigureCounts:
        """The audit of its figures, counted."""
        lines = [line for page in self.pages for line in page.lines]
        figures = [figure for line in lines for figure in line.figures]
        return FigureCounts(
            figures=len(figures),
            vouched=sum(figure.witness is not None for figure in figures),
            changed=sum(change.source == "figure" for line in lines for change in line.changes),
            flagged=sum(figure.flag is not None for figure in figures) + self._unmatched,
            sums=len(self.arithmetic),
            sums_open=sum(not each.closes for each in self.arithmetic),
        )

    @property
    def _unmatched(self) -> int:
        """Totals of the document's XML that no page shows."""
        return len(self.statement.missing) if self.statement else 0

    @property
    def text(self) -> str:
        """The corrected text, pages parted by a form feed as in `pdftotext`."""
        return "\f".join(page.text for page in self.pages)

    @property
    def raw_text(self) -> str:
        """The text as OCR read it, pages parted by a form feed."""
        return "\f".join(page.raw_text for page in self.pages)


class Outcome(Frozen):
    """A document's terminal state as it stands in the store, so that a lost ledger can be rebuilt."""

    document: ContentId
    state: Literal["done", "failed", "cancelled"]
    fingerprint: str = ""
    pages: int = 0
    reason: str = ""
    truncated: bool = False
    audit: FigureCounts = FigureCounts()
    # Of a failed one, as a dead letter shows it:
    attempts: int = 0
    node: str = ""  # that had it last
    log: tuple[str, ...] = ()  # the last lines of its last attempt

    @classmethod
    def done(cls, result: DocumentResult) -> Self:
        """Outcome of an assembled document."""
        return cls(
            document=result.document,
            state="done",
            fingerprint=result.fingerprint,
            pages=len(result.pages),
            truncated=result.truncated,
            audit=result.audit,
        )


def clip_log(lines: Iterable[str]) -> tuple[str, ...]:
    """Keep the last lines of a log, as many as fit in LOG_LINES and LOG_BYTES."""
    kept: list[str] = []
    left = LOG_BYTES
    for line in reversed(list(lines)[-LOG_LINES:]):
        left -= len(line.encode()) + 1
        if left < 0:
            break
        kept.append(line)
    return tuple(reversed(kept))
