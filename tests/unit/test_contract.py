"""Messages from the queue are untrusted: what is no job of ours is refused, and its content is not repeated."""

import pytest

from jobs.contract import InboxJob, Job, parse_message
from jobs.errors import InvalidJob

CONTENT = "0123456789abcdef" * 4
JOB = {"version": 1, "batch": "march", "document": CONTENT, "part": 0}


def test_a_job_and_a_file_of_the_inbox_are_read() -> None:
    assert parse_message(JOB) == Job(batch="march", document=CONTENT)
    assert parse_message({"inbox": "folder/file.pdf"}) == InboxJob(inbox="folder/file.pdf")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"batch": "../other"}, "batch"),
        ({"batch": ""}, "batch"),
        ({"batch": "a" * 81}, "batch"),
        ({"document": "../../etc/passwd"}, "document"),
        ({"document": CONTENT.upper()}, "document"),
        ({"document": f"{CONTENT}\n"}, "document"),
        ({"part": -1}, "part"),
        ({"version": 2}, "version"),
        ({"url": "file:///etc/passwd"}, "url"),
    ],
)
def test_a_job_with_a_wrong_field_is_refused_by_the_field_s_name(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidJob, match=field) as refused:
        parse_message(JOB | change)
    assert "passwd" not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["../secret.pdf", "a/../../b.pdf", "/etc/passwd", "a\\b.pdf", "a\0.pdf", "", "a" * 1025]
)
def test_a_file_outside_the_inbox_is_refused(name: str) -> None:
    with pytest.raises(InvalidJob, match="inbox"):
        parse_message({"inbox": name})


@pytest.mark.parametrize("message", [None, "march", 7, [], [JOB], {}])
def test_what_is_no_job_at_all_is_refused(message: object) -> None:
    with pytest.raises(InvalidJob):
        parse_message(message)
