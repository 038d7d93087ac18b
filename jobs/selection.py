"""Which pages of a document are read: `1-3,7,-1`, as in qpdf and Ghostscript, each page once and in its own order."""

import re
from typing import Annotated

from pydantic import AfterValidator

from jobs.errors import NoPages

#: 7, -1 (the last), 2-5, 7- (to the end). From the end as in qpdf, too: z, r2, 3-z, r3-z.
_PLACE = r"(?:[1-9]\d{0,5}|r[1-9]\d{0,5}|z)"
_RANGE = re.compile(rf"{_PLACE}(-({_PLACE})?)?")
_FROM_END = re.compile(r"-([1-9]\d{0,5})")
_MOST_CHARACTERS = 500


def checked(selection: str) -> str:
    """Check a selection and write it plainly: without blanks, `-1` as `r1`. None at all means every page.

    Raises:
        ValueError: it is none; the message shows how one looks.
    """
    parts = [_FROM_END.sub(r"r\1", part) if _FROM_END.fullmatch(part) else part for part in _parts(selection)]
    wrong = [part for part in parts if not _RANGE.fullmatch(part) or _runs_back(part)]
    if wrong or len(selection) > _MOST_CHARACTERS:
        said = f"{wrong[0]!r} is no page or range" if wrong else f"longer than {_MOST_CHARACTERS} characters"
        raise ValueError(f"{said}. Write 7, 2-5, 7- (to the end) or -1 (the last), parted by commas")
    return ",".join(parts)


Selection = Annotated[str, AfterValidator(checked)]


def select(selection: Selection, page_count: int) -> tuple[int, ...]:
    """Name the pages, from 1, of a document of `page_count` pages. What lies beyond its end is left out.

    Raises:
        NoPages: nothing is left.
    """
    if not selection:
        return tuple(range(1, page_count + 1))
    chosen = {number for part in _parts(selection) for number in _range(part, page_count)}
    if not chosen:
        mend = "Choose others with --pages (in a fleet: ocrfleet submit --again)."
        raise NoPages(f"The document has no page of {selection}: it has {page_count}. {mend}")
    return tuple(sorted(chosen))


def _range(part: str, page_count: int) -> range:
    first, dash, last = part.partition("-")
    begin = _place(first, page_count)
    end = _place(last or "z", page_count) if dash else begin
    return range(max(begin, 1), min(end, page_count) + 1)


def _place(place: str, page_count: int) -> int:
    if place == "z":
        return page_count
    return page_count + 1 - int(place[1:]) if place.startswith("r") else int(place)


def _runs_back(part: str) -> bool:
    first, _, last = part.partition("-")
    return first.isdigit() and last.isdigit() and int(last) < int(first)


def _parts(selection: str) -> list[str]:
    return [part.strip() for part in selection.split(",")] if selection.strip() else []
