"""One line of the doctor's report."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it stands, and what mends it where it does not stand well."""

    topic: str
    level: Level
    text: str
    mend: str = ""


def ok(topic: str, text: str) -> Finding:
    """All is well."""
    return Finding(topic, "ok", text)
