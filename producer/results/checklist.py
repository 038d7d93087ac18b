"""A batch's checklist: a table with a row for each thing that a person must look at, for a spreadsheet."""

import csv
import re
from typing import TextIO

from jobs.batch import DocumentEntry
from jobs.finding import Finding, findings
from jobs.result import DocumentResult

COLUMNS = ("name", "page", "line", "kind", "raw", "final", "readings", "reason", "document")
#: Without it Excel takes UTF-8 for the code page of its machine.
_BYTE_ORDER_MARK = "\ufeff"
#: What spreadsheets take for a formula, and a signed number is none. Names and figures are a stranger's.
_FORMULA = re.compile(r"\s*[=@＝＋－＠]|[\t\r\n]|\s*[-+](?!\s*\d[\d.,\s]*[%€$£]?$)")


class Checklist:
    """The rows on their way into an open file."""

    def __init__(self, file: TextIO) -> None:
        file.write(_BYTE_ORDER_MARK)
        self._rows = csv.writer(file)
        self._rows.writerow(COLUMNS)

    def add(self, entry: DocumentEntry, result: DocumentResult | None, reason: str) -> int:
        """Add a document: why it has no text, or else what to look at in it. Returns how many rows."""
        reason = reason or ("" if result else entry.state)
        found = list(findings(result)) if result and not reason else []
        found += [Finding("document", "", "", reason)] if reason else []
        for each in found:
            place = (entry.names[0], each.page, each.line, each.kind)
            read = (each.raw, each.final, "; ".join(each.readings))
            self._rows.writerow(map(_harmless, (*place, *read, each.reason, entry.document)))
        return len(found)


def _harmless(value: str | int | None) -> str | int | None:
    """Have a spreadsheet show a text as it is, and not work it out."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
