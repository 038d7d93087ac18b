"""Shows what correction did: lines before and after, the changed characters marked, the refusals named."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

#: Documents that are shown, and lines of each.
EXCERPTS, LINES = 3, 5


def show_excerpts(results: Path, *, console: Console | None = None) -> None:
    """Print what changed in the three documents of `results` with the most to show."""
    console = console or Console(stderr=True, highlight=False)
    documents = [json.loads(path.read_text()) for path in sorted(results.rglob("*.json"))]
    telling = sorted((each for each in documents if _telling(each) > (0, 0)), key=_telling, reverse=True)
    if not telling:
        console.print("No line of any document was changed, and no change was refused.")
    for document in telling[:EXCERPTS]:
        lines = list(_lines(document))
        console.print(Text(f"\n{document['name']}", style="bold"))
        for line in lines[:LINES]:
            _show(line, console)
        if len(lines) > LINES:
            console.print(f"  ... and {len(lines) - LINES} more lines")


def _show(line: dict[str, Any], console: Console) -> None:
    if line["changes"]:
        console.print(Text("  before  ") + _marked(line["raw"], line["changes"], "raw", "bold red"))
        console.print(Text("  after   ") + _marked(line["raw"], line["changes"], "final", "bold green"))
        witnesses = sorted({change["witness"] for change in line["changes"]})
        console.print(Text(f"          by {', '.join(witnesses)}", style="dim"))
    for refusal in line["refusals"]:
        shown = f"  refused {refusal['raw']!r} -> {refusal['proposed']!r}: {refusal['reason']}"
        console.print(Text(shown, style="yellow"))


def _lines(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for page in document.get("pages", ()):
        yield from (line for line in page["lines"] if line["changes"] or line["refusals"])


def _telling(document: dict[str, Any]) -> tuple[int, int]:
    lines = list(_lines(document))
    return sum(len(line["changes"]) for line in lines), sum(len(line["refusals"]) for line in lines)


def _marked(raw: str, changes: list[dict[str, Any]], shown: str, style: str) -> Text:
    """Put brackets and colour around what each change took (`raw`) or gave (`final`)."""
    text, at = Text(), 0
    for change in sorted(changes, key=lambda each: int(each["start"])):
        text.append(raw[at : change["start"]])
        text.append(f"[{change[shown]}]", style=style)
        at = change["end"]
    return text.append(raw[at:])
