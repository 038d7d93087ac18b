"""What `ocrfleet submit` finds, and what it passes over."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from jobs.contract import Source
from producer.intake.identity import Found, take_in
from producer.intake.walk import Count, Skip, walk

PDF = b"%PDF-1.7\n"
PNG = b"\x89PNG\r\n\x1a\n"


def find(*arguments: object, max_file_bytes: int = 1 << 20) -> list[Found | Skip]:
    return list(take_in(walk([str(argument) for argument in arguments]), max_file_bytes))


def names(found: list[Found | Skip]) -> list[str]:
    return [file.source.name for file in found if isinstance(file, Found)]


def skips(found: list[Found | Skip]) -> dict[str, Skip]:
    return {Path(skip.path).name: skip for skip in found if isinstance(skip, Skip)}


def write(path: Path, data: bytes = PDF) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_folder_is_read_in_order_with_names_relative_to_it(tmp_path):
    for name in ("b.pdf", "a/2.pdf", "a/1.pdf", "c.pdf"):
        write(tmp_path / "scans" / name)

    assert names(find(tmp_path / "scans")) == ["a/1.pdf", "a/2.pdf", "b.pdf", "c.pdf"]


def test_type_is_told_by_content_and_never_by_the_name(tmp_path):
    write(tmp_path / "invoice.txt", PNG)
    write(tmp_path / "letter.pdf", b"Dear Sir or Madam")

    found = find(tmp_path)

    assert [file.source.media_type for file in found if isinstance(file, Found)] == ["image/png"]
    assert "neither PDF nor an image" in skips(found)["letter.pdf"].reason
    assert not skips(found)["letter.pdf"].fault


def test_a_document_is_known_by_the_digest_of_all_its_bytes(tmp_path):
    data = PDF + os.urandom(100_000)
    write(tmp_path / "a.pdf", data)

    (file,) = find(tmp_path)

    assert isinstance(file, Found)
    assert file.source == Source(
        document=hashlib.sha256(data).hexdigest(), name="a.pdf", media_type="application/pdf", size_bytes=len(data)
    )


def test_an_empty_file_and_one_over_the_limit_are_named_with_their_reason(tmp_path):
    write(tmp_path / "empty.pdf", b"")
    write(tmp_path / "large.pdf", PDF + b"x" * 2000)

    found = skips(find(tmp_path, max_file_bytes=1000))

    assert found["empty.pdf"].reason == "the file is empty (0 bytes)"
    assert "OCRFLEET_MAX_FILE_BYTES" in found["large.pdf"].reason
    assert found["large.pdf"].fault


def test_a_pipe_does_not_hold_the_others_up(tmp_path):
    os.mkfifo(tmp_path / "a.pdf")
    write(tmp_path / "b.pdf")

    found = find(tmp_path, tmp_path / "a.pdf")

    assert names(found) == ["b.pdf"]
    assert skips(found)["a.pdf"].reason == "not a file"


def test_a_folder_that_is_called_like_a_document_is_a_folder(tmp_path):
    write(tmp_path / "x.pdf" / "inside.pdf")

    assert names(find(tmp_path)) == ["x.pdf/inside.pdf"]


def test_a_link_to_nothing_is_a_fault_and_the_rest_goes_on(tmp_path):
    (tmp_path / "gone.pdf").symlink_to(tmp_path / "nowhere")
    write(tmp_path / "here.pdf")

    found = find(tmp_path)

    assert names(found) == ["here.pdf"]
    assert skips(found)["gone.pdf"].fault


def test_links_are_followed_within_the_folder_only(tmp_path):
    outside = write(tmp_path / "outside" / "secret.pdf")
    inside = write(tmp_path / "scans" / "a.pdf")
    (tmp_path / "scans" / "b.pdf").symlink_to(inside)
    (tmp_path / "scans" / "c.pdf").symlink_to(outside)
    (tmp_path / "scans" / "loop").symlink_to(tmp_path / "scans")

    found = find(tmp_path / "scans")

    assert names(found) == ["a.pdf", "b.pdf"]
    assert "leaves the folder" in skips(found)["c.pdf"].reason
    assert "link to a folder" in skips(found)["loop"].reason


def test_a_link_that_is_named_itself_is_followed(tmp_path):
    target = write(tmp_path / "outside" / "a.pdf")
    (tmp_path / "link.pdf").symlink_to(target)

    assert names(find(tmp_path / "link.pdf")) == ["link.pdf"]


def test_hidden_files_are_passed_over_unless_they_are_named(tmp_path):
    hidden = write(tmp_path / ".cache" / ".a.pdf")

    assert find(tmp_path) == []
    assert names(find(hidden)) == [".a.pdf"]


def test_what_is_not_there_is_a_fault(tmp_path):
    write(tmp_path / "a.pdf")

    found = skips(find(tmp_path / "nope.pdf", tmp_path / "*.png"))

    assert all(skip.fault for skip in found.values())
    assert found["nope.pdf"].reason == "no such file or folder"
    assert found["*.png"].reason == "nothing matches this pattern"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.pdf", ["1.pdf"]),
        ("20*", ["2025/a/3.pdf", "2025/2.pdf", "2026/4.pdf"]),
        ("*/*.pdf", ["2025/2.pdf", "2026/4.pdf"]),
        ("**/*.pdf", ["1.pdf", "2025/2.pdf", "2025/a/3.pdf", "2026/4.pdf"]),
        ("202[6-9]/*", ["2026/4.pdf"]),
        ("**", ["1.pdf", "2025/2.pdf", "2025/a/3.pdf", "2026/4.pdf"]),
    ],
)
def test_patterns_match_as_in_a_shell(tmp_path, pattern, expected):
    for name in ("1.pdf", "2025/2.pdf", "2025/a/3.pdf", "2026/4.pdf"):
        write(tmp_path / name)

    assert sorted(names(find(tmp_path / pattern))) == sorted(expected)


def test_relative_paths_keep_their_folders_so_that_two_of_one_name_differ(tmp_path, monkeypatch):
    write(tmp_path / "2025" / "1.pdf")
    write(tmp_path / "2026" / "1.pdf")
    monkeypatch.chdir(tmp_path)

    assert names(find("2025/1.pdf", "2026/1.pdf")) == ["2025/1.pdf", "2026/1.pdf"]


def test_odd_names_are_kept_and_bytes_that_are_no_text_are_written_out(tmp_path):
    odd = ["Rechnung für Zoë – 請求書.pdf", "two\nlines.pdf", "x" * 250 + ".pdf"]
    for name in odd:
        write(tmp_path / name)
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf")))

    assert set(names(find(tmp_path))) == {*odd, r"caf\xe9.pdf"}


def test_the_walk_can_be_counted_ahead(tmp_path):
    for number in range(7):
        write(tmp_path / str(number % 2) / f"{number}.pdf")

    count = Count([str(tmp_path)])
    count.join(timeout=10)

    assert count.total == 7


def test_a_folder_of_many_needs_no_more_memory_than_a_run_of_names(tmp_path, monkeypatch):
    monkeypatch.setattr("producer.intake.walk.RUN_ENTRIES", 100)
    for number in range(5000):
        (tmp_path / f"{number:04d}.pdf").touch()
    assert sum(1 for _ in walk([str(tmp_path)])) == 5000  # pathlib interns names: Python's one table of them may grow

    tracemalloc.start()
    found = sum(1 for _ in walk([str(tmp_path)]))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found == 5000
    assert peak_bytes < 300_000  # all the entries at once take 1.2 MB, runs of 100 take 0.05 MB
