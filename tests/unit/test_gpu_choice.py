"""Which GPU `--gpu` names, and how many layers fit."""

import sys

import pytest

from jobs.errors import UsageError
from samples.stack import packaged_model
from workers.machine import gpu
from workers.machine.gpu import Gpu, ModelShape, layers_within, model_shape, resolve_gpu, resolve_gpus

TWO = (Gpu(0, "GPU-aaaa", "H100"), Gpu(1, "GPU-bbbb", "H100"))
#: A 3B model at 8 bits: 3.3 GB, 36 blocks, 2 KV heads of 128.
THREE_B = ModelShape(file_bytes=3_300_000_000, blocks=36, cache_bytes_per_cell=1024)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "list_gpus", lambda: TWO)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "list_gpus", lambda: ())


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_named_by_index_or_uuid() -> None:
    assert resolve_gpu("1") == TWO[1]
    assert resolve_gpu("GPU-aaaa") == TWO[0]
    assert resolve_gpus("all") == TWO
    assert resolve_gpu("auto") in TWO
    assert resolve_gpu("cpu") is None


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="GPU-aaaa H100; 1 = GPU-bbbb"):
        resolve_gpu("2")
    with pytest.raises(UsageError, match="takes one"):
        resolve_gpu("all")


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_auto_is_the_cpu_and_a_named_one_an_error() -> None:
    assert resolve_gpu("auto") is None
    for choice in ("0", "all"):
        with pytest.raises(UsageError, match="--gpu cpu"):
            resolve_gpu(choice)


def test_asking_for_gpus_is_harmless_without_a_driver() -> None:
    assert all(each.uuid for each in gpu.list_gpus())
    assert gpu.memory("GPU-00000000-no-such-gpu") is None


class Nvml:
    """A driver of two GPUs: the first has failed (NVML_ERROR_GPU_IS_LOST), the second tells no memory (GB10)."""

    nvmlInit = nvmlShutdown = staticmethod(lambda: None)
    nvmlDeviceGetCount = staticmethod(lambda: 2)
    nvmlDeviceGetHandleByUUID = nvmlDeviceGetUUID = nvmlDeviceGetName = staticmethod(str)

    class NVMLError(Exception):
        """As pynvml's own."""

    @classmethod
    def nvmlDeviceGetHandleByIndex(cls, index: int) -> int:
        if index == 0:
            raise cls.NVMLError("GPU is lost")
        return index

    @classmethod
    def nvmlDeviceGetMemoryInfo(cls, handle: object) -> None:
        raise cls.NVMLError("Not Supported")


def test_a_gpu_that_has_failed_is_not_listed_and_one_that_tells_no_memory_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml)
    assert gpu.list_gpus() == (Gpu(1, "1", "1"),)
    assert gpu.memory("1") is None
    assert resolve_gpu("auto") == Gpu(1, "1", "1")


def test_layers_fit_by_the_memory_that_is_free() -> None:
    assert layers_within(THREE_B, 80_000, cells=60_000) == 37
    assert layers_within(THREE_B, 500, cells=4096) == 0
    half = layers_within(THREE_B, gpu.RESERVE_MIB + 1800, cells=4096)
    assert 15 < half < 22
    assert layers_within(THREE_B, gpu.RESERVE_MIB + 1800, cells=40_000) < half


def test_the_shape_is_read_from_the_file() -> None:
    shape = model_shape(packaged_model())
    assert (shape.blocks, shape.cache_bytes_per_cell) == (30, 768)
    assert shape.file_bytes == packaged_model().stat().st_size
