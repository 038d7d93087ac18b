"""Looks at the machine: Python, memory, GPU, and whether llama.cpp is built for it."""

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import psutil

from workers.doctor.finding import Finding, ok
from workers.machine.cgroup import memory_left_bytes
from workers.machine.cpu import has_amx
from workers.machine.gpu import Gpu, driver_version, list_gpus, memory_figures

#: An OCR child and a small model's engine; less, and the first page may be the last.
LEAST_MEMORY_MIB = 4096

SLOWER = "the correction takes up to three times as long"
USE_AMX = "Run make setup with GCC 11 or newer."


def examine_machine() -> Iterator[Finding]:
    """Look at everything that needs no settings."""
    yield _python()
    yield _memory()
    gpus = list_gpus()
    yield _gpus(gpus)
    yield _llama(gpus)
    yield _flower()


def _python() -> Finding:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return ok("python", text)
    return Finding("python", "error", text, "Run ocrfleet on Python 3.11 to 3.13.")


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    left = memory_left_bytes()
    free_mib = (free if left is None else min(free, left)) >> 20
    text = f"{free_mib} MiB free" + ("" if left is None or left > free else " until its container's limit")
    if free_mib >= LEAST_MEMORY_MIB:
        return ok("memory", text)
    return Finding("memory", "warning", text, "Start fewer children (--concurrency) or take a smaller model.")


def _gpus(gpus: tuple[Gpu, ...]) -> Finding:
    if not gpus:
        return ok("gpu", "none, or no NVIDIA driver: the model runs on the CPU")
    named = ", ".join(f"{gpu.index} {gpu.name} ({memory_figures(gpu.uuid)})" for gpu in gpus)
    return ok("gpu", f"{named}; driver {driver_version()}")


def _llama(gpus: tuple[Gpu, ...]) -> Finding:
    try:
        from llama_cpp import llama_supports_gpu_offload

        text = f"llama-cpp-python {version('llama-cpp-python')}"
    except (ImportError, OSError, RuntimeError) as error:  # a missing library of its own is any of these
        cause = f"llama.cpp can't be loaded ({type(error).__name__})"
        return Finding("llama.cpp", "error", cause, "Run: make setup")
    if llama_supports_gpu_offload():
        return ok("llama.cpp", f"{text}, built for GPUs")
    if gpus:
        return Finding(
            "llama.cpp", "warning", f"{text} is built for the CPU, and there is a GPU", "Run: make setup CUDA=1"
        )
    from workers.llm.kernels import has_amx_kernels

    if has_amx() and not has_amx_kernels():
        return Finding("llama.cpp", "warning", f"{text} is built without AMX, which this CPU has: {SLOWER}", USE_AMX)
    return ok("llama.cpp", f"{text}, built for the CPU{', with AMX' if has_amx() else ''}")


def _flower() -> Finding:
    if find_spec("flower") is None:
        return ok("flower", "not installed; only the machine that shows the fleet needs it (extra: monitor)")
    try:
        return ok("flower", version("flower"))
    except PackageNotFoundError:
        return Finding("flower", "warning", "is there without its description", "Run: make setup")
