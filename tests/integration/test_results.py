"""`ocrfleet results`: what lies in the output folder, from a real ledger and a real store."""

import codecs
import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from jobs.batch import DocumentEntry
from jobs.errors import UsageError
from jobs.result import Figure, LineResult
from producer.batch import cancel
from producer.fleet import Fleet
from producer.results.checklist import Checklist
from producer.results.export import NAMES_IN_LEDGER, Export, Exported, Format
from tests.producer_steps import PDF, finish, result_of, submit, write

BOX = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))


@pytest.fixture
def scans(tmp_path):
    return tmp_path / "scans"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def export(fleet: Fleet, out: Path, *formats: Format) -> list[Exported]:
    return list(Export(fleet, "march", out, formats).write())


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_results_mirror_the_submitted_paths_with_their_suffix(fleet, scans, out):
    write(scans, "a.pdf", "sub/scan.jpg")
    submit(fleet, scans)
    finish(fleet)

    exported = export(fleet, out, Format.TXT, Format.JSON)

    assert files(out) == ["a.pdf.json", "a.pdf.txt", "sub/scan.jpg.json", "sub/scan.jpg.txt"]
    assert (out / "a.pdf.txt").read_text() == "Invoice a.pdf\nTotal: 10,00 €\n"
    assert exported == [Exported("a.pdf", "done", 2), Exported("sub/scan.jpg", "done", 2)]


def test_what_came_out_of_an_archive_lies_in_a_folder_of_its_name_whatever_it_was_called_in_it(fleet, scans, out):
    scans.mkdir()
    with zipfile.ZipFile(scans / "a.zip", "w") as packed:
        for name in ("sub/1.pdf", "../../1.pdf", "/1.pdf", ".\\..\\sub\\1.pdf"):
            packed.writestr(name, PDF + name.encode())
    submit(fleet, scans)
    finish(fleet)

    export(fleet, out, Format.TXT)

    written = files(out)
    assert len(written) == 4
    assert {path.partition("~")[0].removesuffix(".pdf.txt") for path in written} == {"a.zip/sub/1", "a.zip/1"}
    assert not list(out.parent.glob("*.txt"))


def test_json_tells_what_a_result_is_of_and_holds_raw_and_corrected_text(fleet, scans, out):
    write(scans, "a.pdf")
    submit(fleet, scans)
    finish(fleet)
    (entry,) = fleet.documents("march")

    export(fleet, out, Format.JSON)

    result = json.loads((out / "a.pdf.json").read_text())
    assert (result["document"], result["name"], result["batch"]) == (entry.document, "a.pdf", "march")
    assert (result["state"], result["fingerprint"]) == ("done", entry.fingerprint)
    assert result["raw_text"] == "lnvoice a.pdf\nTotal: 10,00 €"
    assert result["pages"][0]["lines"][0]["text"] == "Invoice a.pdf"


def test_jsonl_is_one_file_with_a_line_a_path(fleet, scans, out):
    write(scans, "a.pdf", "b.pdf")
    (scans / "copy.pdf").write_bytes((scans / "a.pdf").read_bytes())
    submit(fleet, scans)
    finish(fleet, failing=["b.pdf"])

    export(fleet, out, Format.JSONL)

    assert files(out) == ["march.jsonl"]
    lines = [json.loads(line) for line in (out / "march.jsonl").read_text().splitlines()]
    assert [(line["name"], line["state"]) for line in lines] == [
        ("a.pdf", "done"),
        ("copy.pdf", "done"),
        ("b.pdf", "failed"),
    ]


def test_every_duplicate_gets_its_result_even_those_that_the_ledger_does_not_list(fleet, scans, out):
    names = [f"{number:03d}.pdf" for number in range(NAMES_IN_LEDGER + 20)]
    scans.mkdir()
    for name in names:
        (scans / name).write_bytes(PDF)
    submit(fleet, scans)
    submit(fleet, scans)  # the manifest has them twice now
    finish(fleet)
    (entry,) = fleet.documents("march")
    assert len(entry.names) == NAMES_IN_LEDGER

    (exported,) = export(fleet, out, Format.TXT)

    assert files(out) == [f"{name}.txt" for name in names]
    assert exported.written == len(names)


def test_two_folders_with_the_same_names_both_have_their_results(fleet, tmp_path, out):
    for year in ("2025", "2026"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "1.pdf").write_bytes(PDF + year.encode())
    submit(fleet, tmp_path / "2025", tmp_path / "2026")
    finish(fleet)
    other = list(fleet.documents("march"))[1].document

    export(fleet, out, Format.TXT)
    export(fleet, out, Format.TXT)  # again: the same files

    assert files(out) == ["1.pdf.txt", f"1~{other[:8]}.pdf.txt"]


@pytest.mark.parametrize("name", ["two\nlines.pdf", "Rechnung für Zoë – 請求書.pdf", "x" * 251 + ".pdf"])
def test_odd_names_have_their_results(fleet, scans, out, name):
    write(scans, name)
    submit(fleet, scans)
    finish(fleet)

    export(fleet, out, Format.JSON)

    (path,) = out.rglob("*.json")
    assert json.loads(path.read_text())["name"] == name


def test_a_folder_in_the_way_of_a_text_does_not_lose_it(fleet, scans, out):
    write(scans, "a", "a.txt/b")
    submit(fleet, scans)
    finish(fleet)

    export(fleet, out, Format.TXT)

    assert len(files(out)) == 2
    assert {path.read_text().split()[1] for path in out.rglob("*.txt") if path.is_file()} == {"a", "a.txt/b"}


def test_a_failed_document_has_its_reason_and_an_unfinished_one_nothing(fleet, scans, out):
    write(scans, "bad.pdf")
    submit(fleet, scans)
    finish(fleet, failing=["bad.pdf"])
    write(scans, "late.pdf")
    submit(fleet, scans)

    exported = export(fleet, out, Format.TXT, Format.JSON)

    assert files(out) == ["bad.pdf.json"]
    assert json.loads((out / "bad.pdf.json").read_text())["reason"] == "CorruptDocument: truncated"
    assert [(each.name, each.state) for each in exported] == [("bad.pdf", "failed"), ("late.pdf", "queued")]


def test_results_of_one_batch_never_come_from_another(fleet, scans, out):
    write(scans, "a.pdf", "b.pdf")
    submit(fleet, scans / "a.pdf")
    submit(fleet, scans / "b.pdf", batch="april")
    finish(fleet)
    finish(fleet, "april")

    export(fleet, out, Format.TXT)

    assert files(out) == ["a.pdf.txt"]


def test_an_earlier_result_is_replaced_and_nothing_half_written_stays(fleet, scans, out):
    write(scans, "a.pdf")
    submit(fleet, scans)
    finish(fleet)
    out.mkdir()
    elsewhere = out.parent / "elsewhere"
    (out / "a.pdf.txt").symlink_to(elsewhere)

    export(fleet, out, Format.TXT)

    assert files(out) == ["a.pdf.txt"]
    assert not elsewhere.exists()  # the link was replaced, not followed


def test_an_output_folder_that_is_none_is_told(fleet, scans, out):
    write(scans, "a.pdf")
    submit(fleet, scans)
    finish(fleet)
    out.write_text("a file")

    with pytest.raises(UsageError, match="--out"):
        export(fleet, out, Format.JSONL)


@pytest.mark.parametrize("lost", [True, False])
def test_the_command_names_what_has_no_result(ocrfleet, fleet, scans, out, lost):
    write(scans, "a.pdf", "bad.pdf")
    submit(fleet, scans)
    finish(fleet, failing=["bad.pdf"])
    done = next(iter(fleet.documents("march", "done")))
    if lost:
        fleet.store.delete_all_results(done.document)

    _, said, err = ocrfleet("results", "march", "--out", out, "--json")

    report = json.loads(said)
    assert (report["written"], report["failed"], report["missing"]) == ((0, 1, 1) if lost else (1, 1, 0))
    assert "failed  bad.pdf  CorruptDocument: truncated" in err
    assert "1 document failed. Why: ocrfleet dead list march. To send again: ocrfleet retry march" in err


def test_the_checklist_has_a_row_for_each_thing_to_look_at(fleet, scans, out):
    write(scans, "a.pdf", "bad.pdf")
    submit(fleet, scans)
    finish(fleet, failing=["bad.pdf"])
    write(scans, "late.pdf")
    submit(fleet, scans)
    cancel(fleet, "march")
    write(scans, "later.pdf")
    submit(fleet, scans)

    export(fleet, out, Format.CSV)

    with (out / "march.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = {entry.names[0]: entry.document for entry in fleet.documents("march")}
    assert [tuple(row.values()) for row in rows] == [
        ("a.pdf", "1", "2", "amount", "10,00 €", "10,00 €", "16,00 €", "sum does not close", ids["a.pdf"]),
        ("a.pdf", "", "", "sum", *["8,00  2,10  10,00"] * 2, "", "net + tax = gross does not close", ids["a.pdf"]),
        ("bad.pdf", "", "", "document", "", "", "", "CorruptDocument: truncated", ids["bad.pdf"]),
        ("late.pdf", "", "", "document", "", "", "", "cancelled", ids["late.pdf"]),
        ("later.pdf", "", "", "document", "", "", "", "queued", ids["later.pdf"]),
    ]
    assert (out / "march.csv").read_bytes().startswith(codecs.BOM_UTF8)  # else Excel garbles the €


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=HYPERLINK(1).pdf", "'=HYPERLINK(1).pdf"),
        ("@SUM(1).pdf", "'@SUM(1).pdf"),
        ("-1+cmd|x.pdf", "'-1+cmd|x.pdf"),
        ("+1.pdf", "'+1.pdf"),
        (" =1+1.pdf", "' =1+1.pdf"),
        ("＝1+1.pdf", "'＝1+1.pdf"),
        ("a=1.pdf", "a=1.pdf"),
        ('"a",b.pdf', '"a",b.pdf'),
    ],
)
def test_no_name_is_a_formula_in_the_checklist(fleet, scans, out, name, shown):
    write(scans, name)
    submit(fleet, scans)
    finish(fleet, failing=[name])

    export(fleet, out, Format.CSV)

    with (out / "march.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["name"] == shown


@pytest.mark.parametrize("figure", ["-12,50", "+3.00 €", "-1 234,00", "- 5"])
def test_a_signed_figure_stays_a_number_in_the_checklist(figure):
    file = io.StringIO()
    line = LineResult(
        raw=figure,
        text=figure,
        box=BOX,
        confidence=0.5,
        figures=(
            Figure(start=0, end=9, kind="amount", raw=figure, final=figure, confidence=0.5, flag="read unsurely"),
        ),
    )
    result = result_of("0" * 64, "a")
    page = result.pages[0].model_copy(update={"lines": (line,)})
    entry = DocumentEntry(document="0" * 64, names=("a",), media_type="", size_bytes=1, state="done")

    Checklist(file).add(entry, result.model_copy(update={"pages": (page,), "arithmetic": ()}), "")

    assert next(csv.DictReader(io.StringIO(file.getvalue())))["final"] == figure
