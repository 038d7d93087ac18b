import base64
import json
import logging
from typing import Any

import pytest

from jobs.contract import InboxJob, Job, parse_message
from jobs.errors import InvalidJob
from workers.node.gate import MAX_MESSAGE_BYTES, admit, guarded

JOB = {"version": 1, "batch": "march", "document": "a" * 64, "part": 0}
CANARY = "4711-canary"


def encode(body: object) -> str:
    return base64.b64encode(json.dumps(body).encode()).decode()


def envelope(**changes: Any) -> dict[str, Any]:
    """A message as Celery's `send_task` writes it."""
    return {
        "body": encode([[JOB], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": "ocrfleet.process",
            "id": "1",
            "argsrepr": "(...)",
            "timelimit": [None, None],
        },
        "properties": {"delivery_tag": "2", "body_encoding": "base64", "delivery_info": {}, "priority": 0},
        **changes,
    }


def with_headers(**changes: Any) -> dict[str, Any]:
    made = envelope()
    return {**made, "headers": made["headers"] | changes}


def admitted(message: object) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(admit(json.dumps(message).encode(), "backlog"))
    return read


BAD: dict[str, bytes] = {
    "not text": b"\xff\xfe" + CANARY.encode(),
    "not JSON": CANARY.encode(),
    "empty": b"",
    "a number": b"7",
    "nested too deep": b"[" * 60_000,
    "an empty object": b"{}",
} | {
    name: json.dumps(message).encode()
    for name, message in {
        "no body": envelope(body=None),
        "a body that is no base64": envelope(body="%%%" + CANARY),
        "a body that is no JSON": envelope(body=base64.b64encode(CANARY.encode()).decode()),
        "a body of another shape": envelope(body=encode({"task": CANARY})),
        "no message in the body": envelope(body=encode([[], {}, {}])),
        "a body nested too deep": envelope(body=base64.b64encode(b"[" * 30_000).decode()),
        "no properties": {key: value for key, value in envelope().items() if key != "properties"},
        "no delivery tag": envelope(properties={"body_encoding": "base64"}),
        "headers that are none": envelope(headers=None),
        "a task named by a list": with_headers(task=[CANARY]),
        "another task": with_headers(task="celery.map"),
        "an id that is a list": with_headers(id=[CANARY]),
        "a pickle": envelope(**{"content-type": "application/x-python-serialize"}),
        "YAML": envelope(**{"content-type": "application/x-yaml"}),
    }.items()
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD.keys())
def test_what_is_no_message_of_ours_is_refused_without_its_content(raw: bytes) -> None:
    with pytest.raises(InvalidJob, match=r"docs/wire\.md") as refused:
        admit(raw, "backlog")
    assert CANARY not in str(refused.value)


def test_a_message_over_the_bound_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InvalidJob, match=f"has {MAX_MESSAGE_BYTES + 1} bytes"):
        admit(b"[" * (MAX_MESSAGE_BYTES + 1), "backlog")


def test_the_longest_messages_of_the_contract_pass() -> None:
    longest = InboxJob(inbox="\U0001f4c4" * 1024, batch="b" * 80)
    for message in (Job(batch="b" * 80, document="a" * 64, part=10**9), longest):
        body = encode([[message.model_dump()], {}, {}])
        found = admitted(envelope(body=body))
        assert parse_message(json.loads(base64.b64decode(found["body"]))[0][0]) == message


def test_nothing_of_a_stranger_gets_through_but_the_id_and_the_job() -> None:
    sequel = {"callbacks": [{"task": "x"}], "chain": [{"task": "celery.chunks"}], "chord": None, "errbacks": None}
    found = admitted(
        with_headers(eta="9999-01-01T00:00:00", timelimit=[0.001, 0.001], expires="x", shadow=[1], stamps=5)
        | {
            "body": encode([[JOB], {"more": 1}, sequel]),
            "properties": {
                "delivery_tag": "2",
                "body_encoding": "base64",
                "reply_to": "elsewhere",
                "delivery_info": {"exchange": "elsewhere", "routing_key": "elsewhere"},
            },
        }
    )

    assert json.loads(base64.b64decode(found["body"])) == [
        [JOB],
        {},
        {"callbacks": None, "errbacks": None, "chain": None, "chord": None},
    ]
    assert found["properties"]["delivery_info"] == {"exchange": "backlog", "routing_key": "backlog"}
    assert "elsewhere" not in json.dumps(found)
    assert (found["headers"]["id"], found["headers"]["timelimit"]) == ("1", [None, None])
    assert not {"eta", "expires", "shadow", "stamps"} & set(found["headers"])


def test_a_refused_message_is_reported_and_counts_as_no_message(caplog: pytest.LogCaptureFixture) -> None:
    read = guarded(lambda *_: (b"urgent\x06\x163", CANARY.encode()))

    with caplog.at_level(logging.WARNING):
        assert read(None, "BRPOP") is None

    assert "Refused a message in urgent: The message is not a job" in caplog.text
    assert CANARY not in caplog.text


def test_other_answers_of_redis_pass_as_they_are() -> None:
    assert guarded(lambda *_: b"PONG")(None, "PING") == b"PONG"
    assert guarded(lambda *_: None)(None, "BRPOP") is None
