"""On a real GPU: OCR reads there what it reads on the CPU, within its share of memory, and gives it all back."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from config.settings import Settings
from samples.generate import generate
from tests.drawn_page import LINES, draw
from workers import gpu as gpus
from workers.document.bounds import Bounds
from workers.document.pages import open_document
from workers.gpu import Gpu
from workers.ocr import PageImage, open_engine
from workers.ocr.cuda.client import CudaClient
from workers.ocr.cuda.processes import CONTEXT_MIB
from workers.ocr.cuda.service import CudaService

pytestmark = pytest.mark.gpu

SLACK_MIB = 16
#: Of all characters: sums in another order round otherwise.
MOST_EDITS = 0.005


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, work_dir=tmp_path)


@pytest.fixture
def gpu() -> Gpu:
    gpu = gpus.resolve_gpu("0")
    assert gpu is not None
    return gpu


@pytest.fixture
def service(settings: Settings, gpu: Gpu) -> Iterator[CudaService]:
    with contextlib.closing(CudaService(settings, gpu)) as service:
        service.start()
        yield service


def wait_until(met: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def pages(folder: Path, settings: Settings) -> list[PageImage]:
    generate(folder)
    read = []
    for path in sorted(folder.rglob("*.pdf"))[:4]:
        with open_document(path.read_bytes(), "application/pdf", Bounds.of(settings)) as document:
            read.append(document.render(1, settings.raster_dpi))
    return read


def test_samples_read_the_same_on_cpu_and_gpu(settings: Settings, service: CudaService, tmp_path: Path) -> None:
    with (
        contextlib.closing(open_engine("rapidocr", settings)) as cpu,
        contextlib.closing(open_engine("rapidocr", settings, service.socket_path)) as gpu,
    ):
        for page in pages(tmp_path / "samples", settings):
            one, other = ("\n".join(line.text for line in engine.read(page)) for engine in (cpu, gpu))
            assert len(one) > 100
            assert Levenshtein.distance(one, other) <= MOST_EDITS * len(one)
    assert service.facts()["runs"] != 0


def test_memory_stays_within_its_share_and_comes_back(settings: Settings, gpu: Gpu) -> None:
    before_mib = gpus.free_mib(gpu.uuid)
    service = CudaService(settings, gpu)
    service.start()
    with contextlib.closing(open_engine("rapidocr", settings, service.socket_path)) as engine:
        assert [line.text for line in engine.read(draw(LINES))] == LINES
        held_mib = before_mib - gpus.free_mib(gpu.uuid)
        assert settings.ocr_gpu_mib <= held_mib <= settings.ocr_gpu_mib + CONTEXT_MIB

        service.free()
        wait_until(lambda: abs(gpus.free_mib(gpu.uuid) - before_mib) <= SLACK_MIB)
    service.stop()


def test_memory_comes_back_when_the_process_is_killed(service: CudaService, gpu: Gpu, settings: Settings) -> None:
    free_mib = gpus.free_mib(gpu.uuid)
    assert service.pid
    os.kill(service.pid, signal.SIGKILL)
    wait_until(lambda: gpus.free_mib(gpu.uuid) >= free_mib + settings.ocr_gpu_mib)


def test_too_little_memory_makes_batches_smaller_or_leaves_the_page_to_the_cpu(settings: Settings, gpu: Gpu) -> None:
    small = settings.model_copy(update={"ocr_gpu_mib": 512})
    with contextlib.closing(CudaService(small, gpu)) as service:
        service.start()
        with contextlib.closing(open_engine("rapidocr", small, service.socket_path)) as engine:
            assert [line.text for line in engine.read(draw(LINES))] == LINES
        huge = np.zeros((16, 3, 48, 4800), np.float32)
        with contextlib.closing(CudaClient(service.socket_path)) as client:
            assert len(client.run("recognise", huge)) == len(huge)
        assert service.facts()["lowered"] != 0
