"""What every OCR engine must do, on the real ones. All are installed by `make setup`: one that is missing fails."""

import contextlib
import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from config.settings import Settings
from tests.drawn_page import LINES, draw
from tests.without_network import ASKED
from workers.ocr import ENGINES, OcrEngine, PageImage, open_engine

ROOT = Path(__file__).parents[2]

WITHOUT_NETWORK = """
from tests.without_network import cut
cut()
from config.settings import Settings
from tests.drawn_page import LINES, draw
from workers.ocr import open_engine
engine = open_engine("{name}", Settings(_env_file=None, aspose_allow_trial=True))
assert engine.read(draw(LINES))
engine.close()
"""


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Iterator[OcrEngine]:
    engine = open_engine(request.param, Settings(_env_file=None, aspose_allow_trial=True))
    assert engine.name.startswith(request.param)
    yield engine
    engine.close()
    engine.close()


@pytest.fixture(params=sorted(set(ENGINES) - {"null"}))
def reader(request: pytest.FixtureRequest) -> Iterator[OcrEngine]:
    with contextlib.closing(open_engine(request.param, Settings(_env_file=None, aspose_allow_trial=True))) as engine:
        yield engine


def test_a_page_is_read_whole_and_in_place_unless_the_engine_says_that_it_truncates(reader: OcrEngine) -> None:
    lines = reader.read(draw(LINES))
    (left, top), _, (right, bottom), _ = lines[0].box
    assert 20 <= left <= 50 < 150 <= right <= 260
    assert 20 <= top < bottom <= 80
    read = [line.text for line in lines]
    assert read == LINES or (reader.truncated and read == LINES[: len(read)])
    assert reader.truncated == reader.name.startswith("aspose")


def test_lines_are_well_formed(engine: OcrEngine) -> None:
    for line in engine.read(draw(LINES)):
        assert line.text.strip()
        assert 0 <= line.confidence <= 1
        assert len(line.alternatives) in (0, len(line.text))
        for character, readings in zip(line.text, line.alternatives, strict=False):
            assert character not in [reading for reading, _ in readings]
            assert [p for _, p in readings] == sorted((p for _, p in readings), reverse=True)


def test_the_same_page_is_read_the_same(engine: OcrEngine) -> None:
    page = draw(LINES)
    assert engine.read(page) == engine.read(page)


def test_an_empty_page_has_no_text_of_its_own(engine: OcrEngine) -> None:
    lines = engine.read(PageImage(np.full((600, 400, 3), 255, np.uint8), dpi=100))
    assert [line.text for line in lines] == (["page 400x600"] if engine.name.startswith("null") else [])


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (3000, 2), (30, 30)])
def test_a_page_of_any_shape_is_read(engine: OcrEngine, shape: tuple[int, int]) -> None:
    lines = engine.read(PageImage(np.zeros((*shape, 3), np.uint8), dpi=100))
    assert all(line.text.startswith("page ") for line in lines)


@pytest.mark.parametrize("name", ENGINES)
def test_the_network_is_never_asked_and_nothing_is_written_to_the_terminal(name: str) -> None:
    code = WITHOUT_NETWORK.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("asking", "status"),
    [("socket.socket()", errno.ENETDOWN), ("socket.getaddrinfo('localhost', 80)", ASKED), ("socket.socketpair()", 0)],
)
def test_where_the_network_is_cut_there_is_none(asking: str, status: int) -> None:
    code = f"""
from tests.without_network import cut
cut()
import socket, sys
try: {asking}
except OSError as error: sys.exit(error.errno)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == status
