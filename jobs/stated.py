"""Whether the XML inside a document states a figure: the checker's own way to see it (jobs/verify.py)."""

import re
from datetime import datetime

from jobs.result import Statement

_DAYS = (
    "%d.%m.%Y",
    "%d.%m.%y",
    "%Y-%m-%d",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%Y/%m/%d",
    "%Y.%m.%d",
)


def states(statement: Statement | None, text: str) -> bool:
    """Whether it has this figure as an amount, a day or a code; signs, spaces and the notation aside."""
    if statement is None:
        return False
    return (
        _glyphs(text) in {_glyphs(code) for code in statement.codes}
        or any(day in statement.dates for day in _days(text))
        or _printed(text) in {_bare(*amount.lstrip("-").partition(".")[::2]) for amount in statement.amounts}
    )


def _glyphs(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _days(text: str) -> set[str]:
    found = set()
    for shape in _DAYS:
        try:
            found.add(f"{datetime.strptime(text.strip(), shape):%Y%m%d}")
        except ValueError:
            continue
    return found


def _printed(text: str) -> str:
    """A printed amount: what follows the last mark by other than three digits is decimals."""
    number = re.sub(r"[^\d.,]", "", text).strip(".,")
    parts = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}|\d{4,6}))?", number)
    whole, decimals = parts.groups() if parts else (number, "")
    return _bare(re.sub(r"[.,]", "", whole), decimals or "") if number else "none"


def _bare(whole: str, decimals: str) -> str:
    """Without the zeros that say nothing."""
    return f"{whole.lstrip('0')}.{decimals.rstrip('0')}"
