"""The `ocrfleet` commands on a real Redis: what they print and how they end."""

import json
import os
import re
from pathlib import Path

import pytest

from jobs.contract import Job, Recipe
from jobs.result import FigureCounts, Outcome
from tests.producer_steps import finish, submit, write


def test_the_command_reports_what_it_passed_over_and_goes_on(ocrfleet, folder):
    write(folder, "a.pdf", "b.pdf")
    (folder / "notes.txt").write_text("no invoice")
    os.mkfifo(folder / "pipe.pdf")

    status, out, err = ocrfleet("submit", folder, "--batch", "march", "--json")

    assert status == 0
    report = json.loads(out)
    assert (report["batch"], report["new"], report["skipped"], report["faults"]) == ("march", 2, 2, 0)
    assert {Path(skip["path"]).name for skip in report["skips"]} == {"notes.txt", "pipe.pdf"}
    assert err.count("passed over ") == 2


def test_an_empty_file_is_a_fault_since_a_scan_went_wrong_and_the_rest_is_submitted(ocrfleet, folder):
    write(folder, "a.pdf")
    (folder / "empty.pdf").touch()

    status, out, err = ocrfleet("submit", folder, "--batch", "march", "--json")

    report = json.loads(out)
    assert (status, report["new"], report["faults"]) == (1, 1, 1)
    assert "empty.pdf" in err


def test_a_missing_path_is_status_1_and_the_rest_is_submitted(ocrfleet, folder):
    write(folder, "a.pdf")

    status, out, _ = ocrfleet("submit", folder, folder / "nope.pdf", "--batch", "march", "--json")

    assert (status, json.loads(out)["new"]) == (1, 1)


def test_a_selection_of_pages_is_part_of_the_batch_and_a_wrong_one_is_wrong_usage(ocrfleet, folder):
    write(folder, "a.pdf")

    assert ocrfleet("submit", folder, "--batch", "march", "--pages", "3-1")[0] == 2
    assert ocrfleet("submit", folder, "--batch", "march", "--pages", "-1")[0] == 0
    _, out, _ = ocrfleet("status", "march", "--json")

    assert json.loads(out)["recipe"]["pages"] == "r1"


def test_nothing_to_submit_is_status_3_and_makes_no_batch(ocrfleet, folder):
    (folder / "notes.txt").write_text("no invoice")

    status, _, err = ocrfleet("submit", folder)

    assert status == 3
    assert "Nothing to submit" in err
    assert json.loads(ocrfleet("batches", "--json")[1]) == {"batches": []}


def test_a_batch_without_a_name_gets_one_that_later_commands_take(ocrfleet, folder):
    write(folder, "a.pdf")

    name = json.loads(ocrfleet("submit", folder, "--json")[1])["batch"]

    status, out, _ = ocrfleet("status", name, "--json")
    assert status == 0
    assert json.loads(out)["documents"] == 1


@pytest.mark.parametrize(("failing", "expected"), [([], 0), (["b.pdf"], 1)])
def test_waiting_ends_with_the_batch_and_tells_whether_any_failed(ocrfleet, fleet, folder, failing, expected):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder)
    finish(fleet, "march", failing=failing)

    status, out, _ = ocrfleet("submit", folder, "--batch", "march", "--wait", "--json")

    assert status == expected
    assert json.loads(out)["status"]["failed"] == len(failing)


def test_documents_are_listed_page_by_page(ocrfleet, fleet, folder, monkeypatch):
    monkeypatch.setattr("jobs.ledger.CHUNK", 2)
    write(folder, *(f"{number}.pdf" for number in range(5)))
    submit(fleet, folder)
    finish(fleet, "march", failing=["3.pdf"])

    listed = json.loads(ocrfleet("status", "march", "--documents", "--json")[1])
    failed = json.loads(ocrfleet("status", "march", "--state", "failed", "--json")[1])
    done = ocrfleet("status", "march", "--state", "done")[1].splitlines()

    assert [entry["names"] for entry in listed["entries"]] == [[f"{number}.pdf"] for number in range(5)]
    assert [entry["names"] for entry in failed["entries"]] == [["3.pdf"]]
    assert failed["failed"] == 1
    assert [line.split()[1] for line in done] == ["0.pdf", "1.pdf", "2.pdf", "4.pdf"]


def test_batches_are_shown_as_a_table_or_as_json(ocrfleet, fleet, folder):
    write(folder, "a.pdf")
    for name in ("march", "april", "may"):
        submit(fleet, folder, batch=name)

    table = ocrfleet("batches")[1].splitlines()
    page = json.loads(ocrfleet("batches", "--offset", "1", "--limit", "1", "--json")[1])["batches"]

    assert [line.split()[0] for line in table] == ["batch", "may", "april", "march"]
    assert [each["batch"] for each in page] == ["april"]


@pytest.mark.parametrize("command", ["status", "batches"])
def test_no_batch_is_told_as_such_and_is_no_error(ocrfleet, command):
    assert ocrfleet(command) == (0, "", "There is no batch. To make one: ocrfleet submit PATH\n")
    assert json.loads(ocrfleet(command, "--json")[1]) == {"batches": []}


def test_status_can_be_watched_until_all_have_ended(ocrfleet, fleet, folder):
    write(folder, "a.pdf")
    submit(fleet, folder)
    finish(fleet, "march")

    assert json.loads(ocrfleet("status", "--watch", "--json")[1])["done"] == 1
    assert json.loads(ocrfleet("status", "march", "--watch", "--json")[1])["done"] == 1
    assert "1 done" in ocrfleet("status", "march", "--watch")[1]


def test_the_commands_cancel_retry_and_delete_say_what_they_did(ocrfleet, fleet, folder):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder / "a.pdf")
    finish(fleet, "march", failing=["a.pdf"])
    submit(fleet, folder / "b.pdf")

    assert json.loads(ocrfleet("retry", "march", "--json")[1])["retried"] == 1
    assert json.loads(ocrfleet("cancel", "march", "--json")[1])["cancelled"] == 2
    assert json.loads(ocrfleet("delete", "march", "--yes", "--json")[1]) == {"batch": "march", "deleted": 2, "kept": 0}
    assert ocrfleet("delete", "march", "--yes")[0] == 2


def test_what_a_person_must_look_at_is_listed_alone_with_the_reason(ocrfleet, fleet, folder):
    write(folder, "a.pdf", "bad.pdf", "fine.pdf")
    submit(fleet, folder)
    finish(fleet, failing=["bad.pdf"])
    fine = next(entry for entry in fleet.documents("march", "done") if entry.names == ("fine.pdf",))
    fleet.ledger.again("march", Recipe(), [fine.document])
    lease = fleet.ledger.take(Job(batch="march", document=fine.document), "node")
    fleet.ledger.finish(lease, Outcome(document=fine.document, state="done", audit=FigureCounts(figures=1, vouched=1)))

    status, out, err = ocrfleet("status", "march", "--to-review")
    (entry,) = json.loads(ocrfleet("status", "march", "--to-review", "--json")[1])["entries"]

    assert status == 0
    assert out.splitlines() == [
        "done  a.pdf  1/1 page  to review: 2 figures, 1 vouched for, 1 flagged, 0 of 1 sums close",
        "    page 1, line 2  amount  10,00 €  or 16,00 €  sum does not close",
        "    sum  8,00  2,10  10,00  net + tax = gross does not close",
    ]
    assert err == "1 document failed: ocrfleet dead list march\n"
    assert entry["names"] == ["a.pdf"]
    assert [(each["page"], each["line"], each["kind"]) for each in entry["findings"]] == [
        (1, 2, "amount"),
        (None, None, "sum"),
    ]


def test_documents_are_listed_with_their_figures_whether_to_review_or_not(ocrfleet, fleet, folder):
    write(folder, "a.pdf")
    submit(fleet, folder)
    assert "nothing to review yet." in ocrfleet("status", "march", "--to-review")[2]
    lease = fleet.ledger.take(Job(batch="march", document=next(fleet.documents("march")).document), "node")
    audit = FigureCounts(figures=9, vouched=9)
    fleet.ledger.finish(lease, Outcome(document=lease.job.document, state="done", pages=1, audit=audit))

    assert (
        ocrfleet("status", "march", "--documents")[1] == "done  a.pdf  1/1 page  9 figures, 9 vouched for, 0 flagged\n"
    )
    assert "nothing to review." in ocrfleet("status", "march", "--to-review")[2]


@pytest.mark.parametrize(
    "arguments",
    [["--documents"], ["--state", "done"], ["--to-review"], ["march", "--watch", "--documents"],
     ["march", "--to-review", "--state", "done"]],
)  # fmt: skip
def test_no_option_of_status_is_passed_over_in_silence(ocrfleet, fleet, folder, arguments):
    write(folder, "a.pdf")
    submit(fleet, folder)

    status, out, err = ocrfleet("status", *arguments)

    assert (status, out) == (2, "")
    assert err.startswith("ocrfleet: Say ")


def test_one_of_a_thing_is_not_many(ocrfleet, fleet, folder):
    write(folder, "a.pdf")

    said = [ocrfleet("submit", folder, "--batch", "march")[2]]
    finish(fleet)
    said += [ocrfleet("status", "march")[1], ocrfleet("status", "march", "--documents")[1]]
    for command in (["results", "march", "--out", folder / "out"], ["verify", "march"], ["delete", "march", "--yes"]):
        said.append(ocrfleet(*command)[2])

    many = re.compile(r"(?<!of )\b1 (new )?[a-z]{4,}s\b")
    assert [line for text in said for line in text.splitlines() if many.search(line)] == []


def test_what_may_hold_an_invoice_is_passed_over_with_what_mends_it(ocrfleet, folder):
    write(folder, "a.pdf")
    (folder / "photo.heic").write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00")
    (folder / "mail.eml").write_bytes(b"Return-Path: <a@example.org>\r\nSubject: invoice\r\n\r\n")

    err = ocrfleet("submit", folder)[2]

    assert "photo.heic: a HEIC or AVIF photo: save it as JPEG" in err
    assert "mail.eml: an e-mail: save its attachments" in err


def test_a_batch_that_waits_for_nobody_says_so_until_a_worker_lives(ocrfleet, fleet, folder):
    write(folder, "a.pdf")

    alone = [ocrfleet("submit", folder, "--batch", "march")[2], ocrfleet("status", "march")[2]]
    fleet.ledger.beat("node", 1)
    served = [ocrfleet("submit", folder, "--batch", "march")[2], ocrfleet("status", "march")[2]]
    fleet.ledger.leave("node")
    finish(fleet)
    ended = ocrfleet("status", "march")[2]

    assert ["No worker is running" in each for each in (*alone, *served, ended)] == [True, True, False, False, False]
