"""Whether the amounts of real invoices come through: `python -m bench.documents --data DIR [--text-layer auto] --json`.

DIR holds pdf/NAME.pdf and truth.json: for each PDF its totals and amounts, written with a point. An amount counts as
printed if the PDF's own text has it, and as found if the result's text has it; both are looked for by the same simple
normaliser. Correction runs as in production, but without a model.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import pypdfium2 as pdfium
import typer

from config.settings import Settings
from jobs.contract import Recipe, TextLayerUse
from jobs.media import PDF
from jobs.result import DocumentResult
from jobs.verify import check_document
from workers.correction.statement import WITNESS
from workers.document.bounds import Bounds
from workers.document.pages import open_document
from workers.ocr import OcrEngine, open_engine
from workers.pipeline import Tools, assemble, read_page

_NUMBER = re.compile(r"\d(?:[\d.,'’ \u00a0\u202f]*\d)?")
_DECIMALS = re.compile(r"(.*)[.,](\d{1,4})")


@dataclass
class Score:
    """Sums over the documents."""

    documents: int = 0
    pages: int = 0
    pages_by_ocr: int = 0  # wholly or in part
    printed: int = 0
    found: int = 0
    missing: list[str] = field(default_factory=list)  # document and amount
    figures: int = 0
    confirmed_by_xml: int = 0
    mended_by_xml: int = 0
    denied_by_xml: int = 0  # figures, and totals that no page shows
    broken_promises: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0

    def add(self, name: str, truth: list[Decimal], printed: set[Decimal], result: DocumentResult) -> None:
        """Count one document."""
        found = amounts(result.text)
        sought = [amount for amount in truth if amount in printed]
        self.documents += 1
        self.pages += len(result.pages)
        self.pages_by_ocr += sum(any(not line.exact for line in page.lines) for page in result.pages)
        self.printed += len(sought)
        self.found += sum(amount in found for amount in sought)
        self.missing += [f"{name}: {amount}" for amount in sought if amount not in found]
        figures = [figure for page in result.pages for line in page.lines for figure in line.figures]
        changes = [change for page in result.pages for line in page.lines for change in line.changes]
        self.figures += len(figures)
        self.confirmed_by_xml += sum(WITNESS in (figure.witness or "") for figure in figures)
        self.mended_by_xml += sum(WITNESS in change.witness for change in changes)
        self.denied_by_xml += sum(WITNESS in (figure.flag or "") for figure in figures)
        self.denied_by_xml += len(result.statement.missing) if result.statement else 0
        self.broken_promises += len(check_document(result))

    def report(self) -> dict[str, object]:
        """The counts, and the rates that follow from them."""
        return {
            "documents": self.documents,
            "pages": self.pages,
            "pages_by_ocr": self.pages_by_ocr,
            "amounts_printed": self.printed,
            "amounts_found": self.found,
            "share_found": round(self.found / max(1, self.printed), 4),
            "missing": self.missing,
            "figures": self.figures,
            "confirmed_by_xml": self.confirmed_by_xml,
            "mended_by_xml": self.mended_by_xml,
            "denied_by_xml": self.denied_by_xml,
            "broken_promises": self.broken_promises,
            "pages_per_s": round(self.pages / max(1e-9, self.wall_s), 2),
            "cpu_s_per_page": round(self.cpu_s / max(1, self.pages), 3),
        }


def amounts(text: str) -> set[Decimal]:
    """Every number of a text, by any notation, and the numbers of which one with blanks may consist."""
    found = set()
    for run in _NUMBER.findall(text):
        found |= {_value(part) for part in (run, *run.split())}
    return found


def _value(number: str) -> Decimal:
    parts = _DECIMALS.fullmatch(number)
    whole, fraction = parts.groups() if parts else (number, "0")
    return Decimal(f"{re.sub(r'[^0-9]', '', whole) or '0'}.{fraction}").normalize()


def documents(data: Path) -> Iterator[tuple[Path, list[Decimal]]]:
    """Each PDF with its true totals and amounts; what is both counts twice."""
    table = json.loads((data / "truth.json").read_text(encoding="utf-8"))
    for name, truth in sorted(table.items()):
        values = [*truth["totals"].values(), *truth["amounts"]]
        yield data / "pdf" / name, [abs(Decimal(value)).normalize() for value in values]


def read(content: bytes, engine: OcrEngine, use: TextLayerUse, settings: Settings) -> DocumentResult:
    """Read a PDF as a worker does."""
    tools = Tools(ocr=engine, model=None, recipe=Recipe(text_layer=use))
    with open_document(content, PDF, Bounds.of(settings)) as document:
        numbers, statement = range(1, document.page_count + 1), document.statement()
        pages = tuple(read_page(document, number, tools, dpi=settings.raster_dpi)[0] for number in numbers)
    return assemble(hashlib.sha256(content).hexdigest(), tools.fingerprint, pages, statement)


def measure(data: Path, engine: OcrEngine, use: TextLayerUse, settings: Settings) -> Score:
    """Read every document and look for its amounts."""
    score = Score()
    for path, truth in documents(data):
        content = path.read_bytes()
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        result = read(content, engine, use, settings)
        score.wall_s += time.perf_counter() - wall_s
        score.cpu_s += time.process_time() - cpu_s
        score.add(path.name, truth, amounts(_plain_text(content)), result)
        typer.echo(f"{path.name}: {score.found} of {score.printed} amounts so far", err=True)
    return score


def _plain_text(content: bytes) -> str:
    with pdfium.PdfDocument(content) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def main(
    data: Annotated[Path, typer.Option(help="Folder with pdf/ and truth.json.")],
    text_layer: Annotated[TextLayerUse, typer.Option(help="auto, ignore or only.")] = "auto",
    engine: Annotated[str, typer.Option(help="OCR engine.")] = "rapidocr",
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Count the printed amounts of real invoices that stand in their results, and measure pages per second."""
    if not (data / "truth.json").is_file():
        raise typer.BadParameter(f"{data} has no truth.json: it must name each PDF's totals and amounts.")
    settings = Settings()
    reader = open_engine(engine, settings)
    report = {"text_layer": text_layer, "engine": reader.name, **measure(data, reader, text_layer, settings).report()}
    if as_json:
        typer.echo(json.dumps(report))
        return
    for name, value in report.items():
        typer.echo(f"{name:16} {value}")


if __name__ == "__main__":
    typer.run(main)
