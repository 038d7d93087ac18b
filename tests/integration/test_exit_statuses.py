"""One rule for what a command ends with: 0 only where every document has a result."""

import pytest

from producer.batch import cancel
from tests.producer_steps import finish, submit, write

TELLING = (
    ("submit", "{scans}", "--batch", "march", "--wait"),
    ("status", "march", "--watch"),
    ("status", "march", "--watch", "--json"),
    ("status", "--watch"),
    ("results", "march", "--out", "{out}"),
)
ASKING = (("status", "march"), ("status",), ("batches",), ("review", "march", "--out", "{out}"), ("dead", "list"))


def run(ocrfleet, folder, arguments):
    places = {"scans": folder, "out": folder.parent / "out"}
    return ocrfleet(*(each.format(**places) for each in arguments))


@pytest.mark.parametrize("arguments", TELLING)
@pytest.mark.parametrize("fate", ["done", "failed", "cancelled"])
def test_whatever_tells_how_a_batch_ended_tells_whether_all_have_a_result(ocrfleet, fleet, folder, arguments, fate):
    write(folder, "a.pdf", "b.pdf")
    submit(fleet, folder / "a.pdf")
    finish(fleet)
    submit(fleet, folder / "b.pdf")
    if fate == "cancelled":
        cancel(fleet, "march")
    else:
        finish(fleet, failing=["b.pdf"] if fate == "failed" else [])

    assert run(ocrfleet, folder, arguments)[0] == (0 if fate == "done" else 1)


def test_results_of_an_unfinished_batch_are_not_all(ocrfleet, fleet, folder):
    write(folder, "a.pdf")
    submit(fleet, folder)

    status, _, err = run(ocrfleet, folder, ("results", "march", "--out", "{out}"))

    assert status == 1
    assert "1 document unfinished" in err


@pytest.mark.parametrize("arguments", ASKING)
def test_a_question_that_is_answered_ends_with_0(ocrfleet, fleet, folder, arguments):
    write(folder, "a.pdf")
    submit(fleet, folder)
    finish(fleet, failing=["a.pdf"])

    assert run(ocrfleet, folder, arguments)[0] == 0


@pytest.mark.parametrize(
    ("fate", "said"),
    [("failed", "1 document failed. Why: ocrfleet dead list march."), ("cancelled", "1 document cancelled.")],
)
def test_submitting_again_what_has_no_result_says_what_sends_it(ocrfleet, fleet, folder, fate, said):
    write(folder, "a.pdf")
    submit(fleet, folder)
    cancel(fleet, "march") if fate == "cancelled" else finish(fleet, failing=["a.pdf"])

    _, _, err = ocrfleet("submit", folder, "--batch", "march")

    assert f"{said} To send again: ocrfleet retry march" in err
    assert ocrfleet("retry", "march")[2] == "march: 1 document sent again.\n"
