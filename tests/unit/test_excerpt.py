"""The demo's excerpts: what changed is marked, also where there is no colour; refusals are named."""

import io
import json

from rich.console import Console

from samples.excerpt import show_excerpts


def shown(tmp_path, *documents):
    for number, document in enumerate(documents):
        (tmp_path / f"{number}.json").write_text(json.dumps(document))
    written = io.StringIO()
    show_excerpts(tmp_path, console=Console(file=written, width=200, highlight=False))
    return written.getvalue()


def line(raw, changes=(), refusals=()):
    return {"raw": raw, "text": "", "changes": list(changes), "refusals": list(refusals)}


def test_changes_are_marked_with_their_witness_and_refusals_named(tmp_path):
    change = {"start": 8, "end": 14, "raw": "1O0.00", "final": "100.00", "witness": "amount format"}
    refusal = {"raw": "12", "proposed": "13", "reason": "no witness"}
    document = {"name": "a.pdf", "pages": [{"lines": [line("Total: $1O0.00", [change]), line("12", (), [refusal])]}]}

    said = shown(tmp_path, document)

    assert "before  Total: $[1O0.00]" in said
    assert "after   Total: $[100.00]" in said
    assert "by amount format" in said
    assert "refused '12' -> '13': no witness" in said


def test_documents_without_a_change_are_not_shown(tmp_path):
    said = shown(tmp_path, {"name": "a.pdf", "pages": [{"lines": [line("Total")]}]})

    assert "a.pdf" not in said
    assert "No line" in said
