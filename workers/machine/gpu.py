"""GPUs as NVML sees them: which there are, which one `--gpu` names, how much memory is free, how many layers fit.

NVML needs no CUDA context, so this is safe in a process that forks. Without a driver there is no GPU, and no error.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from jobs.errors import UsageError
from workers.models.gguf import read_header

MIB = 1 << 20
_SPLIT = re.compile(r"(?P<stem>.*)-\d{5}-of-(?P<count>\d{5})\.gguf")
#: Left for the CUDA context, compute buffers and logits: on an H100, an engine with Qwen2.5-3B's shape took 1,390 MiB
#: beyond its weights and its cache.
RESERVE_MIB = 1536


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU of this machine."""

    index: int
    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What decides how much memory a model takes."""

    file_bytes: int
    blocks: int
    cache_bytes_per_cell: int  # keys and values of one block, 16 bits each


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """A GPU's memory at one moment."""

    free_mib: int
    total_mib: int


def list_gpus() -> tuple[Gpu, ...]:
    """List this machine's GPUs by NVML's index, without those that have failed; empty without a driver."""
    with _nvml() as nvml:
        if nvml is None:
            return ()
        found = (_describe(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
        return tuple(gpu for gpu in found if gpu)


def driver_version() -> str:
    """Name the driver's version; empty without one."""
    with _nvml() as nvml:
        return str(nvml.nvmlSystemGetDriverVersion()) if nvml else ""


def resolve_gpus(choice: str) -> tuple[Gpu | None, ...]:
    """Turn `--gpu INDEX|UUID|cpu|auto|all` into one entry for each service to start; None is the CPU.

    `auto` is the GPU with the most free memory, or the CPU where there is none; `all` is every GPU.

    Raises:
        UsageError: the choice names no GPU of this machine; the message lists those that are there.
    """
    if choice == "cpu":
        return (None,)
    gpus = list_gpus()
    if choice == "auto":
        return (max(gpus, key=lambda each: free_mib(each.uuid)),) if gpus else (None,)
    if choice == "all" and gpus:
        return gpus
    named = tuple(gpu for gpu in gpus if choice in (str(gpu.index), gpu.uuid))
    if not named:
        raise UsageError(f"--gpu {choice}: {_what_there_is(gpus)}")
    return named


def resolve_gpu(choice: str) -> Gpu | None:
    """Turn `--gpu INDEX|UUID|cpu|auto` into the one GPU of a service; None is the CPU.

    Raises:
        UsageError: the choice names none, or several.
    """
    chosen = resolve_gpus(choice)
    if len(chosen) > 1:
        raise UsageError(f"--gpu {choice} names {len(chosen)} GPUs; this command takes one.")
    return chosen[0]


def memory(uuid: str) -> GpuMemory | None:
    """Read a GPU's memory, or None where NVML can't: a GPU has failed, or has no memory of its own (GB10)."""
    with _nvml() as nvml:
        if nvml is None:
            return None
        try:
            figures = nvml.nvmlDeviceGetMemoryInfo(nvml.nvmlDeviceGetHandleByUUID(uuid))
        except nvml.NVMLError:
            return None
        return GpuMemory(free_mib=int(figures.free) // MIB, total_mib=int(figures.total) // MIB)


def memory_by_process() -> dict[int, int]:
    """Say which process holds how many MiB of all GPUs; empty where NVML does not tell, as in some containers."""
    held: dict[int, int] = {}
    with _nvml() as nvml:
        if nvml is None:
            return held
        with contextlib.suppress(nvml.NVMLError):
            for index in range(nvml.nvmlDeviceGetCount()):
                for process in nvml.nvmlDeviceGetComputeRunningProcesses(nvml.nvmlDeviceGetHandleByIndex(index)):
                    held[process.pid] = held.get(process.pid, 0) + (process.usedGpuMemory or 0) // MIB
    return held


def utilisation_percent() -> float:
    """How busy the GPUs were of late, by NVML: the mean over all; 0 without one."""
    with _nvml() as nvml:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())] if nvml else []
        busy = [float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu) for handle in handles if nvml]
    return sum(busy) / len(busy) if busy else 0.0


def memory_figures(uuid: str | None) -> str:
    """Say a GPU's memory in words, for the log."""
    if uuid is None:
        return "no GPU memory in use"
    figures = memory(uuid)
    return f"{figures.free_mib} of {figures.total_mib} MiB of GPU memory free" if figures else "GPU memory not known"


def free_mib(uuid: str) -> int:
    """Read a GPU's free memory; 0 where NVML can't."""
    figures = memory(uuid)
    return figures.free_mib if figures else 0


def layers_within(shape: ModelShape, free_mib: int, cells: int) -> int:
    """Count the layers that fit beside a KV cache of `cells` tokens.

    One more than the model's blocks puts its output layer on the GPU as well.
    """
    layers = shape.blocks + 1
    layer_bytes = shape.file_bytes / layers + cells * shape.cache_bytes_per_cell
    return max(0, min(layers, int((free_mib - RESERVE_MIB) * MIB / layer_bytes)))


def model_shape(path: Path) -> ModelShape:
    """Read a GGUF model's shape from its head; a split model's parts are counted together.

    Raises:
        ModelError: the file is no usable GGUF model.
    """
    head = read_header(path).metadata
    arch = head["general.architecture"]

    def number(key: str, default: int = 0) -> int:
        return int(head.get(f"{arch}.{key}", default))

    heads = max(1, number("attention.head_count", 1))  # a list, where layers differ, is not in the metadata
    width = number("embedding_length") // heads
    widths = number("attention.key_length", width) + number("attention.value_length", width)
    parts = (
        path.parent.glob(f"{name['stem']}-*-of-{name['count']}.gguf") if (name := _SPLIT.match(path.name)) else [path]
    )
    file_bytes = sum(part.stat().st_size for part in parts)
    return ModelShape(file_bytes, number("block_count"), 2 * number("attention.head_count_kv", heads) * widths)


def _describe(nvml: ModuleType, index: int) -> Gpu | None:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        return Gpu(index, str(nvml.nvmlDeviceGetUUID(handle)), str(nvml.nvmlDeviceGetName(handle)))
    except nvml.NVMLError:
        return None


def _what_there_is(gpus: tuple[Gpu, ...]) -> str:
    if not gpus:
        return "this machine has no NVIDIA GPU, or no driver (nvidia-smi shows which). Use --gpu cpu."
    listed = "; ".join(f"{gpu.index} = {gpu.uuid} {gpu.name}" for gpu in gpus)
    return f"no such GPU. There are: {listed}. Or use cpu, auto, all."


@contextlib.contextmanager
def _nvml() -> Iterator[ModuleType | None]:
    import pynvml  # light, but only a worker has it

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()
