"""A network on a GPU where memory lacks, and the batches that it is asked in; memory's lack is played."""

import numpy as np
import pytest

from workers.ocr.ask import Numbers
from workers.ocr.classifier import VOTES
from workers.ocr.cuda import session
from workers.ocr.cuda.network import Network, Sessions
from workers.ocr.cuda.session import OutOfMemory
from workers.ocr.cuda.shapes import fill, lines_at_once
from workers.ocr.recogniser import WIDTHS_PX


class Session:
    """Gives each line's first number; finds no memory for more than `most` lines."""

    def __init__(self, most: int) -> None:
        self._most = most

    def get_inputs(self) -> list["Session"]:
        return [self]

    name = "x"

    def run(self, outputs: list[str], inputs: dict[str, Numbers]) -> list[Numbers]:
        if len(inputs["x"]) > self._most:
            raise RuntimeError("Available memory of 0 is smaller than requested bytes of 512")
        return [inputs["x"][:, 0, 0, :1]]


def batch(lines: int) -> Numbers:
    numbers = np.zeros((lines, 3, 48, 320), np.float32)
    numbers[:, 0, 0, 0] = np.arange(lines)
    return numbers


def network(monkeypatch: pytest.MonkeyPatch, most_lines: int, most_sessions: int = 8) -> Network:
    monkeypatch.setattr(session, "open_session", lambda content: Session(most_lines))
    return Network("recognise", b"", Sessions(most_sessions), "out")


def test_a_batch_is_halved_until_it_finds_memory_and_answered_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = network(monkeypatch, most_lines=2)
    for _ in range(2):
        with pytest.raises(OutOfMemory):
            tried.run(batch(5))
        assert tried.lower(batch(5).shape)
    assert tried.run(batch(5))[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert tried.lowered == 2
    assert tried.knows(batch(5).shape)


def test_what_fails_otherwise_is_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = network(monkeypatch, most_lines=5)
    with pytest.raises(IndexError):
        tried.run(np.zeros((1, 3), np.float32))


def test_the_shape_that_was_not_used_for_longest_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = network(monkeypatch, most_lines=9, most_sessions=2)
    for lines in (1, 2, 1, 3):
        tried.run(batch(lines))
    assert [tried.knows(batch(lines).shape) for lines in (1, 2, 3)] == [True, False, True]
    assert tried.new_shapes == 3


@pytest.mark.parametrize("width", WIDTHS_PX)
def test_lines_are_asked_about_in_one_shape_for_each_width(width: int) -> None:
    filled = fill("recognise", np.ones((1, 3, 48, width), np.float32))
    assert filled.shape == (lines_at_once(width), 3, 48, width)
    assert filled[0].all() and not filled[1:].any()


def test_votes_are_filled_up_and_pages_are_not() -> None:
    assert fill("classify", np.ones((2, 3, 48, 192), np.float32)).shape == (VOTES, 3, 48, 192)
    assert fill("detect", np.ones((1, 3, 96, 64), np.float32)).shape == (1, 3, 96, 64)
