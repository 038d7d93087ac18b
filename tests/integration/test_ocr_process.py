"""The OCR process of a GPU and its clients, with the networks on the CPU: all real but the device."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import cv2
import pytest

from config.settings import Settings
from jobs.errors import OcrUnavailable
from tests.drawn_page import LINES, draw
from workers.machine.gpu import Gpu
from workers.ocr import OcrEngine, OcrLine, PageImage, open_engine
from workers.ocr.cuda.service import CudaService
from workers.ocr.rapidocr import RapidOcrEngine

PLAYED = (sys.executable, "-m", "tests.ocr_process_on_cpu")
#: Accepts whoever asks whether it is ready, and ends.
ENDS_AS_IT_IS_ASKED = """
import json, socket, sys
listener = socket.socket(fileno=json.loads(sys.argv[1])["listen_fd"])
listener.accept()[0].recv(1)
print("the GPU fell off the bus", flush=True)
sys.exit(6)
"""
ROOT = Path(__file__).parents[2]
PAGE = draw(LINES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, work_dir=tmp_path)


@pytest.fixture
def service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[CudaService]:
    monkeypatch.chdir(ROOT)
    with contextlib.closing(CudaService(settings, Gpu(0, "none", "played by the CPU"), PLAYED)) as service:
        service.start()
        yield service


@pytest.fixture
def engine(settings: Settings, service: CudaService) -> Iterator[OcrEngine]:
    with contextlib.closing(open_engine("rapidocr", settings, service.socket_path)) as engine:
        yield engine


def read_while_reviving(engine: OcrEngine, service: CudaService) -> tuple[OcrLine, ...]:
    read: list[tuple[OcrLine, ...]] = []
    reading = threading.Thread(target=lambda: read.append(engine.read(PAGE)))
    reading.start()
    while reading.is_alive():
        service.revive()
        reading.join(0.05)
    return read[0]


def fork_and_read(settings: Settings, socket_path: Path) -> None:
    """As a worker's main process, which never opens OCR itself."""
    if not (child := os.fork()):
        read: list[str] = []
        try:
            with contextlib.closing(open_engine("rapidocr", settings, socket_path)) as engine:
                read = [line.text for line in engine.read(PAGE)]
        finally:
            os._exit(read != LINES)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def assert_alike(read: tuple[OcrLine, ...], expected: tuple[OcrLine, ...]) -> None:
    """Two libraries multiply, so the last digits of probabilities differ."""
    assert [(line.text, line.box, line.words) for line in read] == [(e.text, e.box, e.words) for e in expected]
    assert [line.confidence for line in read] == pytest.approx([line.confidence for line in expected], abs=1e-4)


def test_it_reads_what_the_cpu_reads_before_and_after_its_memory_was_freed(
    settings: Settings, service: CudaService, engine: OcrEngine
) -> None:
    with contextlib.closing(RapidOcrEngine(settings)) as on_cpu:
        on_cpu.folds = False  # a GPU sees blank paper, too
        expected = on_cpu.read(PAGE)
    assert engine.name == on_cpu.name
    assert_alike(engine.read(PAGE), expected)
    runs = service.facts()["runs"]
    assert isinstance(runs, int) and runs >= 3

    service.free()
    assert service.facts()["state"] == "freed"
    assert_alike(read_while_reviving(engine, service), expected)
    assert service.facts()["state"] == "warm"


def test_coarse_pages_are_read_there_with_our_weights_as_on_the_cpu(
    settings: Settings, service: CudaService, engine: OcrEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    coarse = PageImage(cv2.GaussianBlur(PAGE.pixels, (0, 0), 2.0), dpi=118)
    with contextlib.closing(RapidOcrEngine(settings)) as on_cpu:
        on_cpu.folds = False
        expected = on_cpu.read(coarse)
    monkeypatch.setattr("workers.ocr.coarse.coarse_network", None)  # the child itself needs none
    assert_alike(engine.read(coarse), expected)


def test_a_child_that_is_forked_after_the_start_reads_there(settings: Settings, service: CudaService) -> None:
    before = service.facts()["runs"]
    worker = get_context("spawn").Process(target=fork_and_read, args=(settings, service.socket_path))
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    assert service.facts()["runs"] != before


def test_a_page_is_read_though_the_process_is_killed(
    service: CudaService, engine: OcrEngine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.ocr.cuda.service.REST_S", 0)
    assert service.pid
    os.kill(service.pid, signal.SIGKILL)
    assert [line.text for line in read_while_reviving(engine, service)] == LINES
    assert "ended with status -9" in caplog.text


def test_where_the_process_does_not_answer_the_cpu_reads_and_warns(
    service: CudaService, engine: OcrEngine, caplog: pytest.LogCaptureFixture
) -> None:
    service.stop()
    assert [line.text for line in engine.read(PAGE)] == LINES
    assert "OCR goes on with the CPU" in caplog.text


def test_who_only_looks_at_it_does_not_keep_it_from_its_idle_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    idle = settings.model_copy(update={"engine_idle_s": 1.0})
    with contextlib.closing(CudaService(idle, Gpu(0, "none", "played by the CPU"), PLAYED)) as service:
        service.start()
        deadline = time.monotonic() + 30
        while service.facts()["state"] != "freed":
            assert time.monotonic() < deadline, "it was looked at, and never ended"
            time.sleep(0.05)


def test_a_process_that_ends_as_it_is_asked_is_told_with_what_it_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command = (sys.executable, "-c", ENDS_AS_IT_IS_ASKED)
    service = CudaService(settings, Gpu(0, "none", "played by the CPU"), command)
    with pytest.raises(OcrUnavailable, match=r"could not start on .*: the GPU fell off the bus"):
        service.start()
