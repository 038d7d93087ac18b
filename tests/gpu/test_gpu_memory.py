"""On a real GPU: the model lies in its memory while the engine lives, and not a moment longer (make gpu)."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from config.settings import Settings
from samples.stack import packaged_model
from workers import gpu as gpus
from workers.llm import Message
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
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
    service = EngineService(find_model(settings), settings, gpus.resolve_gpu("0"))
    try:
        service.start()
        assert service.status().gpu_layers > 0
    finally:
        service.stop()
