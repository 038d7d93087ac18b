"""Bad documents through a real worker: none is lost to it, each ends with a reason, in bounded time and memory."""

from pathlib import Path
from typing import Any

import pytest

from bench.hostile import ordeal
from bench.hostile.corpus import by_hand, corpus
from bench.hostile.fuzz import mutants
from bench.hostile.good import good_files

#: A second or less each.
QUICK = {
    "no-pages.pdf",
    "pages-in-itself.pdf",
    "pages-in-a-circle.pdf",
    "count-lies.pdf",
    "forms-in-each-other.pdf",
    "glyph-in-itself.pdf",
    "mask-in-itself.pdf",
    "field-in-itself.pdf",
    "box-huge.pdf",
    "box-empty.pdf",
    "action-javascript.pdf",
    "action-launch.pdf",
    "external-stream.pdf",
    "xfa.pdf",
    "encrypted.pdf",
    "table-in-itself.pdf",
    "side-100000.png",
    "a-hair.png",
    "loop.tif",
    "65535-samples.tif",
    "screen-65535.gif",
    "side-65500.jpg",
    "side-2-32.jp2",
    "empty.pdf",
    "text.pdf",
    "png-in-pdf.pdf",
    "attachment-laughs.pdf",
    "attachment-deep.pdf",
    "attachments-in-a-circle.pdf",
}


#: Two that fill any memory, four of more than half of the child's, and one whose drawing never ends.
KILLERS = {
    "form-in-itself.pdf",
    "billion-laughs.pdf",
    "flate-1-gib.pdf",
    "flate-twice.pdf",
    "attachment-1-gib.pdf",
    "attachment-twice.pdf",
    "pattern-of-tiny-steps.pdf",
}
#: They take 8 to 20 s, and are cut off after 30 s where others use the processors, too.
SLOW = {"500-scans.jpg", "a-million-paths.pdf", "a-million-texts.pdf"}


def check(report: dict[str, Any]) -> None:
    assert not report["worker_lost"], report
    assert (report["unfinished"], report["without_reason"]) == (0, 0), report
    assert report["refused"] + report["documents"] >= report["inputs"] - 10, report  # a few damaged copies are alike


def test_a_choice_of_bad_documents(tmp_path: Path) -> None:
    chosen = {name: data for name, data in by_hand().items() if name in QUICK} | dict(mutants(good_files(), 5, 1))
    assert len(chosen) > 40

    report = ordeal.run(chosen, tmp_path, timeout_s=120).describe()

    check(report)
    assert report["killed_their_process"] == []


@pytest.mark.prove
def test_all_of_them(tmp_path: Path) -> None:
    inputs = corpus(seed=1)
    assert len(inputs) >= 300

    report = ordeal.run(inputs, tmp_path).describe()

    check(report)
    assert set(report["killed_their_process"]) <= KILLERS | SLOW
    assert report["peak_child_mib"] < ordeal.CHILD_MEMORY_MIB + 512
