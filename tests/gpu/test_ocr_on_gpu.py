"""On a real GPU: OCR reads there what it reads on the CPU, within its share of memory, and gives it all back."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from config.settings import Settings
from tests.drawn_page import LINES, draw
from workers.machine import gpu as gpus
from workers.machine.gpu import Gpu
from workers.ocr import PageImage, open_engine
from workers.ocr.cuda.client import CudaClient, CudaRefused
from workers.ocr.cuda.processes import CONTEXT_MIB
from workers.ocr.cuda.service import CudaService
from workers.ocr.cuda.session import MOST_CHUNK_BYTES
from workers.ocr.cuda.shapes import AT_START, SOON, lines_at_once
from workers.ocr.rapidocr import RapidOcrEngine

pytestmark = pytest.mark.gpu

SLACK_MIB = 16
#: Of all characters: sums in another order round otherwise.
MOST_EDITS = 0.02
PAGE = draw(LINES)
COARSE = PageImage(cv2.GaussianBlur(PAGE.pixels, (0, 0), 2.0), dpi=118)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(_env_file=None, work_dir=tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def gpu() -> Gpu:
    gpu = gpus.resolve_gpu("0")
    assert gpu is not None
    return gpu


@pytest.fixture(scope="module")
def free_before_mib(gpu: Gpu) -> int:
    return gpus.free_mib(gpu.uuid)


@pytest.fixture(scope="module")
def service(settings: Settings, gpu: Gpu, free_before_mib: int) -> Iterator[CudaService]:
    assert free_before_mib > settings.ocr_gpu_mib
    with contextlib.closing(CudaService(settings, gpu)) as service:
        service.start()
        yield service


def wait_until(met: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("page", [PAGE, COARSE], ids=["sharp", "coarse"])
def test_a_page_reads_the_same_on_cpu_and_gpu(settings: Settings, service: CudaService, page: PageImage) -> None:
    with (
        contextlib.closing(RapidOcrEngine(settings)) as cpu,
        contextlib.closing(open_engine("rapidocr", settings, service.socket_path)) as gpu,
    ):
        cpu.folds = False  # a GPU sees blank paper, too
        before = service.facts()["runs"]
        one, other = ("\n".join(line.text for line in engine.read(page)) for engine in (cpu, gpu))
        assert len(one.splitlines()) == len(LINES)
        assert Levenshtein.distance(one, other) <= MOST_EDITS * len(one)
        assert service.facts()["runs"] != before


def test_memory_does_not_grow_with_those_who_ask(
    service: CudaService, settings: Settings, gpu: Gpu, free_before_mib: int
) -> None:
    lines = np.zeros((lines_at_once(320), 3, 48, 320), np.float32)

    def ask(_: int) -> int:
        with contextlib.closing(CudaClient(service.socket_path)) as client:
            return len(client.run("recognise", lines))

    wait_until(lambda: int(str(service.facts()["new_shapes"])) >= len(AT_START + SOON), timeout_s=60)
    assert ask(0)
    before_mib = gpus.free_mib(gpu.uuid)
    with ThreadPoolExecutor(16) as children:
        assert all(children.map(ask, range(32)))
    assert before_mib - gpus.free_mib(gpu.uuid) <= SLACK_MIB
    assert free_before_mib - gpus.free_mib(gpu.uuid) <= settings.ocr_gpu_mib + CONTEXT_MIB


def test_a_batch_that_finds_no_memory_costs_no_page(settings: Settings, service: CudaService) -> None:
    huge = np.zeros((64, 3, 48, 4800), np.float32)  # 16 GB
    with contextlib.closing(CudaClient(service.socket_path)) as client, contextlib.suppress(CudaRefused):
        assert len(client.run("recognise", huge)) == len(huge)
    with contextlib.closing(open_engine("rapidocr", settings, service.socket_path)) as engine:
        assert [line.text for line in engine.read(PAGE)] == LINES


def test_memory_stays_within_its_share_and_comes_back_when_the_process_is_killed(
    service: CudaService, settings: Settings, gpu: Gpu, free_before_mib: int
) -> None:
    held_mib = free_before_mib - gpus.free_mib(gpu.uuid)
    assert MOST_CHUNK_BYTES >> 20 <= held_mib <= settings.ocr_gpu_mib + CONTEXT_MIB

    assert service.pid
    os.kill(service.pid, signal.SIGKILL)
    wait_until(lambda: free_before_mib - gpus.free_mib(gpu.uuid) <= SLACK_MIB)
