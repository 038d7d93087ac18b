"""PP-OCR's networks on the CPU, run by OpenVINO.

On one core of a Sapphire Rapids the detector takes a third of onnxruntime's time, the recogniser as long, with the same
answers to 2e-5; on 50 scans every line and box is the same (docs/benchmarks.md).
"""

import sys
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np

from config.settings import Precision
from jobs.errors import OcrUnavailable
from workers.ocr.ask import Numbers

# Each import of openvino tells Google Analytics, and leaves an id in ~/intel (openvino/tools/ovc/__init__.py), but for
# where that package is not to be had. OCR never uses the network.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino  # noqa: E402
from openvino import opset16 as opset  # noqa: E402

Model: TypeAlias = openvino.Model
_PRECISIONS: dict[Precision, str] = {"float32": "f32", "bfloat16": "bf16"}


class Network:
    """Takes and gives arrays of any shape that its model allows.

    Raises:
        OcrUnavailable: the CPU can't count in that precision.
    """

    def __init__(self, model: Model, threads: int, precision: Precision = "float32") -> None:
        _check(precision)
        options = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # children would be pinned to the same cores
            # By itself it takes bfloat16 where the CPU has it, and other nodes would read a page otherwise.
            "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
            # Else it keeps what it made for each shape, and pages are of any: 9 MiB more for each new one.
            "CPU_RUNTIME_CACHE_CAPACITY": 0,
        }
        self._compiled = _core().compile_model(model, "CPU", options)
        self._request = self._compiled.create_infer_request()

    def __call__(self, numbers: Numbers) -> Numbers:
        """Run it, and let go of the memory of its layers: kept, that is twice a child's over pages of many sizes."""
        answer: Numbers = self._request.infer({0: numbers})[0]
        self._compiled.release_memory()
        return answer


class Late:
    """A network that is opened when it is first asked."""

    def __init__(self, opened: Callable[[], Network]) -> None:
        self._open = opened

    def __call__(self, numbers: Numbers) -> Numbers:
        """Run it."""
        return self._network(numbers)

    @cached_property
    def _network(self) -> Network:
        return self._open()


def _check(precision: Precision) -> None:
    """OpenVINO would count in 32 bits without a word, and the engine's name would not be true."""
    if precision == "bfloat16" and "BF16" not in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise OcrUnavailable(
            "OCRFLEET_OCR_PRECISION is bfloat16, which this CPU can't count in. Unset it, or take another machine."
        )


@cache
def _core() -> openvino.Core:
    """One for the life of the process, which must not fork afterwards: its threads would not come along.

    With the last one goes the CPU's plugin, and with that the signal stack which it gave the thread for AMX's sake
    (2026.4). The next signal, as that which stops a worker, would end in SIGSEGV.
    """
    return openvino.Core()


def read_model(file: Path | bytes) -> Model:
    """Read an ONNX file, or what stands in one."""
    return _core().read_model(file)


def characters(recogniser: Model) -> str | None:
    """The characters that a recogniser's file says it knows, one a line."""
    where = ["framework", "character"]
    said: str = recogniser.get_rt_info(where).astype(str) if recogniser.has_rt_info(where) else ""
    return said or None


def keep_columns(recogniser: Model, columns: Sequence[int]) -> Model:
    """Let it give a few of its thousands of columns: all of them are 11 MB for a long line."""
    all_columns = recogniser.get_results()[0].input_value(0)
    kept = opset.gather(all_columns, np.array(columns, np.int32), np.int32(2))
    return Model([kept], recogniser.get_parameters(), recogniser.get_friendly_name())
