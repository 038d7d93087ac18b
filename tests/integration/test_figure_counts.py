"""What the audit of figures comes to: counted by the ledger as documents end, shown by status, watch and results."""

import json
from pathlib import Path

import pytest

from jobs.contract import Recipe
from jobs.result import FigureCounts, Outcome
from producer.cli import app
from producer.commands.option import run
from producer.fleet import Fleet
from producer.recover import recover
from producer.terminal.status import document_line, sentence
from tests.conftest import MakeSettings
from tests.producer_steps import finish, result_of, submit, write

ONE = FigureCounts(figures=2, vouched=1, changed=0, flagged=1, sums=1, sums_open=1)


@pytest.fixture
def fleet(settings: MakeSettings, tmp_path: Path) -> Fleet:
    fleet = Fleet.open(settings())
    write(tmp_path / "in", "a.pdf", "b.pdf", "bad.pdf")
    submit(fleet, tmp_path / "in")
    finish(fleet, failing=["bad.pdf"])
    return fleet


def times(count: int) -> FigureCounts:
    return FigureCounts(**{name: count * value for name, value in ONE.model_dump().items()})


def test_a_result_counts_its_figures() -> None:
    assert result_of("0" * 64, "a").audit == ONE
    assert Outcome.done(result_of("0" * 64, "a")).audit == ONE
    assert ONE.to_review and not FigureCounts(figures=9, vouched=9).to_review


def test_a_batch_sums_what_its_documents_count(fleet: Fleet) -> None:
    summary = fleet.ledger.batch("march")
    assert (summary.to_review, summary.audit) == (2, times(2))
    assert "2 to review" in sentence(summary)
    assert "4 figures, 2 vouched for, 2 flagged, 0 of 2 sums close" in sentence(summary)
    lines = {entry.names[0]: document_line(entry) for entry in fleet.documents("march")}
    assert "to review: 2 figures, 1 vouched for, 1 flagged" in lines["a.pdf"]
    assert "figures" not in lines["bad.pdf"]


def test_a_document_processed_anew_counts_once(fleet: Fleet) -> None:
    contents = [entry.document for entry in fleet.documents("march")]
    fleet.ledger.again("march", Recipe(run="2"), contents[:1])
    assert (fleet.ledger.batch("march").to_review, fleet.ledger.batch("march").audit) == (1, times(1))
    finish(fleet)
    assert fleet.ledger.batch("march").audit == times(2)


def test_a_rebuilt_ledger_counts_the_same(fleet: Fleet) -> None:
    before = fleet.ledger.batch("march")
    for _ in fleet.ledger.delete("march"):
        pass
    for _ in recover(fleet, "march"):
        pass
    assert fleet.ledger.batch("march").audit == before.audit


def test_results_end_with_the_audit(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("producer.commands.result.open_fleet", lambda: fleet)
    monkeypatch.setattr(
        "sys.argv", ["ocrfleet", "results", "march", "--out", str(tmp_path / "out"), "--format", "json", "--json"]
    )
    with pytest.raises(SystemExit):
        run(app)
    said = capsys.readouterr()
    assert "4 figures, 2 vouched for, 2 flagged, 0 of 2 sums close." in said.err
    assert "2 documents to review. See what: ocrfleet status march --to-review" in said.err
    assert json.loads(said.out)["audit"] == times(2).model_dump()
    assert json.loads((tmp_path / "out" / "a.pdf.json").read_text())["audit"] == ONE.model_dump()
