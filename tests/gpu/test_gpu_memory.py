"""On a real GPU: the model lies in its memory while the engine lives, and not a moment longer (make gpu)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from config.settings import Settings
from samples.stack import packaged_model
from workers.llm import Message
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.machine import gpu as gpus
from workers.models import find_model

pytestmark = pytest.mark.gpu

QUESTION = (Message("user", "Say the word invoice."),)
#: What a driver keeps for itself may wander by this much, in MiB.
SLACK_MIB = 16


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(_env_file=None, file_model_path=packaged_model(), work_dir=tmp_path)


def free_mib(gpu: gpus.Gpu) -> int:
    memory = gpus.memory(gpu.uuid)
    assert memory is not None
    return memory.free_mib


def wait_until(met: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_gpu_memory_is_taken_by_the_engine_and_back_after_free_and_stop(settings: Settings) -> None:
    gpu = gpus.resolve_gpu("0")
    assert gpu is not None
    before = free_mib(gpu)
    service = EngineService(find_model(settings), settings, gpu)
    client = EngineClient(service.start(), settings.ask_timeout_s)

    assert free_mib(gpu) < before - 50
    assert client.complete(QUESTION, draft="", max_tokens=8).output_tokens > 0

    service.free()
    wait_until(lambda: abs(free_mib(gpu) - before) <= SLACK_MIB)

    assert client.complete(QUESTION, draft="", max_tokens=8).output_tokens > 0  # loaded again
    assert free_mib(gpu) < before - 50

    client.close()
    service.stop()
    wait_until(lambda: abs(free_mib(gpu) - before) <= SLACK_MIB)


def test_every_layer_lies_on_the_gpu_when_it_fits(settings: Settings) -> None:
    with closing(EngineService(find_model(settings), settings, gpus.resolve_gpu("0"))) as service:
        service.start()
        assert service.status().gpu_layers > 0


#: Takes all memory of the first GPU that it is shown but so many MiB, by the driver alone, until its input ends.
HOG = """
import ctypes, sys
driver = ctypes.CDLL("libcuda.so.1")
context, free, total, memory = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_size_t(), ctypes.c_void_p()
assert not driver.cuInit(0)
assert not driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0) and not driver.cuCtxSetCurrent(context)
assert not driver.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total))
taken = free.value - (int(sys.argv[1]) << 20)
assert not driver.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(taken))
print("taken", flush=True)
sys.stdin.read()
"""


@contextmanager
def all_memory_taken_but(left_mib: int, gpu: gpus.Gpu) -> Iterator[None]:
    command = ["env", f"CUDA_VISIBLE_DEVICES={gpu.uuid}", sys.executable, "-c", HOG, str(left_mib)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hog:
        assert hog.stdout is not None
        assert hog.stdout.readline() == "taken\n"
        yield
        hog.kill()


@pytest.mark.parametrize("layers", ["auto", 31])  # all 31: as if the memory went after it was measured
def test_an_engine_that_finds_no_memory_goes_on_with_fewer_layers(settings: Settings, layers: Any) -> None:
    gpu = gpus.resolve_gpu("0")
    assert gpu is not None
    settings = settings.model_copy(update={"gpu_layers": layers})
    with all_memory_taken_but(300, gpu), closing(EngineService(find_model(settings), settings, gpu)) as service:
        with closing(EngineClient(service.start(), settings.ask_timeout_s)) as client:
            assert client.complete(QUESTION, draft="", max_tokens=8).output_tokens > 0
        assert service.status().gpu_layers < 30


@pytest.mark.parametrize("whose", ["engine", "keeper"])
def test_a_kill_gives_the_memory_back_and_the_next_question_is_answered(settings: Settings, whose: str) -> None:
    gpu = gpus.resolve_gpu("0")
    assert gpu is not None
    before = free_mib(gpu)
    with closing(EngineService(find_model(settings), settings, gpu)) as service:
        with closing(EngineClient(service.start(), settings.ask_timeout_s)) as client:
            pid = client.info().pid if whose == "engine" else service.keeper_pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: abs(free_mib(gpu) - before) <= SLACK_MIB)
        service.revive()
        with closing(EngineClient(service.socket_path, settings.ask_timeout_s)) as client:
            assert client.complete(QUESTION, draft="", max_tokens=8).output_tokens > 0
    wait_until(lambda: abs(free_mib(gpu) - before) <= SLACK_MIB)
