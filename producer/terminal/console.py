"""What a person or a script sees: JSON on standard output, tables too, all else on standard error.

Names of files are untrusted: they never reach a terminal with control characters in them.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


class Status(IntEnum):
    """Exit statuses of `ocrfleet`."""

    OK = 0
    FAILED = 1  # a path could not be read, or a document has no result or a broken one
    USAGE = 2
    NOTHING = 3  # no document to submit
    UNAVAILABLE = 4  # Redis or the store
    INTERRUPTED = 130


STATUSES = (
    "Exit status: 0 all well; 1 a path could not be read, a document has no result (submit --wait, status --watch, "
    "results) or a broken one (verify); 2 wrong usage; 3 nothing to submit; 4 Redis or the store does not answer; "
    "130 interrupted."
)


#: Columns of a table that goes to a file or a pipe.
PIPE_WIDTH = 200


def say(*lines: str) -> None:
    """Write lines for a person to standard error."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def counted(count: int, noun: str) -> str:
    """Count in words: `1 document`, `1,200 documents`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def emit(value: Mapping[str, Any]) -> None:
    """Write one JSON object on one line of standard output."""
    sys.stdout.write(f"{json.dumps(value, ensure_ascii=False)}\n")
    sys.stdout.flush()


def emit_with(value: Mapping[str, Any], name: str, items: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object whose last field is a list of any length, item by item as they come."""
    sys.stdout.write(f"{json.dumps(value, ensure_ascii=False)[:-1]}, {json.dumps(name)}: [")
    for number, item in enumerate(items):
        sys.stdout.write(f"{',' if number else ''}\n{json.dumps(item, ensure_ascii=False)}")
    sys.stdout.write("]}\n")


def show(name: str) -> str:
    r"""Make a name safe for a terminal: control characters are written as `\n`, `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)


def console(*, stderr: bool = False) -> "Console":
    """Open a rich console that takes text as it is: brackets in a file name are no markup."""
    from rich.console import Console

    made = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not made.is_terminal:  # nothing to fit into: a file or a pipe gets whole lines
        made.width = PIPE_WIDTH
    return made
