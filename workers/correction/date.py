"""Owns what a date is, and whether it exists."""

import datetime
import re

_SHAPES = (
    re.compile(r"(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{1,2})[-./](?P<month>\d{1,2})[-./](?P<year>\d{4}|\d{2})"),
)
DATE = (
    r"(?<![\w.,/-])(?:\d{4}(?:-\d{1,2}-|\.\d{1,2}\.|/\d{1,2}/)\d{1,2}"
    r"|\d{1,2}(?:-\d{1,2}-|\.\d{1,2}\.|/\d{1,2}/)(?:\d{4}|\d{2}))(?![\w/-]|[.,]\d)"
)
_CLOCK = r"(?<![\d:.,])[0-2]?\d\.[0-5]\d"
TIME = (
    r"(?<![\d:.,])\d{1,2}:\d{2}(?::\d{2})?(?![\d:]|[.,]\d)"
    rf"|{_CLOCK}(?=\s?Uhr\b)|{_CLOCK}(?=\s?[-–]\s?[0-2]?\d\.[0-5]\d\s?Uhr\b)"  # `8.00 - 20.00 Uhr`
)


def exists(text: str) -> bool:
    """Whether a text in the shape of a date names a day between 1900 and 2099, day or month first."""
    return bool(days(text))


def days(text: str) -> frozenset[str]:
    """The days, as YYYYMMDD, that a date may name: two where day and month may be either way round."""
    found = set()
    for shape in _SHAPES:
        if parts := shape.fullmatch(text):
            year, month, day = (int(parts[part]) for part in ("year", "month", "day"))
            year += 2000 if year < 100 else 0
            ways = ((month, day), (day, month)) if "/" in text else ((month, day),)
            found |= {f"{year}{m:02}{d:02}" for m, d in ways if _is_day(year, m, d)}
    return frozenset(found)


def is_time(text: str) -> bool:
    """Whether a text is a time of day."""
    parts = [int(part) for part in re.split(r"[:.]", text)]
    return parts[0] < 24 and all(part < 60 for part in parts[1:])


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return 1900 <= year < 2100
