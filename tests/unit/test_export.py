"""Where a result is written: below the output folder, at a path of its own, whatever the document was called."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import PurePosixPath

import pytest

from producer.naming import MAX_PART_BYTES, Names, safe_path
from producer.results.export import Exported
from producer.terminal.tally import ExportTally

ONE, OTHER, THIRD = "1" * 64, "2" * 64, "3" * 64


@pytest.fixture
def names() -> Iterator[Names]:
    with closing(Names()) as names:
        yield names


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "./etc//passwd", "etc/../passwd", "../etc\x00/passwd", "etc/passwd/.."]
)
def test_no_name_leads_out_of_the_folder(name):
    path = safe_path(name)

    assert path is not None
    assert not path.is_absolute()
    assert set(path.parts) <= {"etc", "passwd"}


@pytest.mark.parametrize("name", ["", "/", "..", "../..", "./.", "\x00"])
def test_a_document_without_a_usable_name_is_called_by_its_content(name, names):
    assert names.take(name, ONE) == PurePosixPath(ONE)


def test_a_name_is_kept_as_it_is_with_its_folders_and_its_suffix(names):
    assert names.take("2026/Rechnung für Zoë\n.jpg", ONE) == PurePosixPath("2026/Rechnung für Zoë\n.jpg")


def test_names_that_no_file_system_takes_are_shortened_and_stay_apart(names):
    paths = [names.take(f"{'ü' * 300}{number}.pdf", ONE) for number in range(3)]

    assert len(set(paths)) == 3
    assert all(path and len(path.name.encode()) <= MAX_PART_BYTES for path in paths)


def test_documents_of_one_name_from_two_folders_do_not_overwrite_each_other(names):
    assert names.take("scans/1.tar.pdf", ONE) == PurePosixPath("scans/1.tar.pdf")
    assert names.take("scans/1.tar.pdf", OTHER) == PurePosixPath("scans/1.tar~22222222.pdf")
    assert names.take("scans/1.tar~33333333.pdf", OTHER) == PurePosixPath("scans/1.tar~33333333.pdf")
    assert names.take("scans/1.tar.pdf", THIRD) == PurePosixPath(THIRD)


def test_a_path_that_was_submitted_twice_is_written_once(names):
    names.take("1.pdf", ONE)
    names.take("1.pdf", OTHER)

    assert names.take("1.pdf", ONE) is None
    assert names.take("1.pdf", OTHER) is None


def test_a_report_names_what_has_no_result_and_its_reason():
    tally = ExportTally()
    tally.add(Exported("a.pdf", "done", 2))
    tally.add(Exported("b\n.pdf", "failed", 0, "CorruptDocument: truncated"))
    tally.add(Exported("c.pdf", "queued", 0))

    assert tally.lines("march", "out") == [
        r"failed  b\n.pdf  CorruptDocument: truncated",
        "2 written to out, 1 document failed, 1 document unfinished.",
    ]
    assert tally.status == 1


def test_a_result_that_the_store_lost_is_a_failure_of_the_export():
    tally = ExportTally()
    tally.add(Exported("a.pdf", "done", 0, "its result is not in the store"))

    assert tally.status == 1
