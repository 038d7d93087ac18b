"""The chat that asks for corrections, the echo model, and the frames of the wire."""

import socket

import pytest

from workers.llm import Choice, Message
from workers.llm.echo import EchoModel
from workers.llm.prompt import correction_chat, numbered, read_answer
from workers.llm.wire import (
    HEADER,
    MAX_FRAME_BYTES,
    REQUEST,
    CompleteRequest,
    InfoRequest,
    ScoreRequest,
    frame,
    receive,
)


def test_chats_of_one_prompt_differ_in_their_last_message_only() -> None:
    one, other = correction_chat("Mend.", ["a"]), correction_chat("Mend.", ["b", "c"])
    assert one[:-1] == other[:-1]
    assert other[-1] == Message("user", "1| b\n2| c")
    assert one[0].content.startswith("Mend.\n")


def test_a_line_is_numbered_on_one_line() -> None:
    assert numbered(["a  b\nc", ""]) == "1| a b c\n2| "


def test_an_answer_is_read_by_its_numbers() -> None:
    answer = "Here you are:\n1| Invoice\n3|Total 5 | 6\n3| again\n9| none\nmore"
    assert read_answer(answer, 3) == ("Invoice", None, "Total 5 | 6")


def test_echo_copies_and_prefers_the_first() -> None:
    model = EchoModel()
    chat = correction_chat("Mend.", ["a", "b"])
    assert read_answer(model.complete(chat, draft=numbered(["a", "b"]), max_tokens=9).text, 2) == ("a", "b")
    (scores,) = model.score((Choice("", ("x", "y", "z")),))
    assert max(scores) == scores[0]


@pytest.mark.parametrize(
    "request_",
    [
        CompleteRequest(id=1, messages=(Message("user", "é\n"),), draft="d", max_tokens=3, timeout_s=1),
        ScoreRequest(id=2, choices=(Choice("c", ("a", "b")),), timeout_s=1),
        InfoRequest(id=3),
    ],
)
def test_a_request_arrives_as_it_was_sent(request_: CompleteRequest | ScoreRequest | InfoRequest) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(frame(request_))
        assert REQUEST.validate_json(receive(theirs)) == request_


def test_a_frame_beyond_the_bound_and_a_cut_one_are_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(HEADER.pack(MAX_FRAME_BYTES + 1))
        with pytest.raises(ConnectionError, match="bound"):
            receive(theirs)
        ours.sendall(HEADER.pack(100) + b"{")
        ours.close()
        with pytest.raises(ConnectionError, match="closed"):
            receive(theirs)
