"""PP-OCR's networks on a GPU, one by one: what a shape costs the first time and then, by option of the provider."""

import time
import traceback
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from workers.ocr.cuda.provider import load_libraries
from workers.ocr.cuda.session import PROVIDER, PROVIDER_OPTIONS
from workers.ocr.pp_ocr import PpOcr

#: A page of A4 at 200 dpi as the detector gets it; batches of the recogniser.
SHAPES = {
    "detector": [(1, 3, 1984, 1408)],
    "recogniser": [(16, 3, 48, 320), (16, 3, 48, 960), (3, 3, 48, 4800)],
    "classifier": [(9, 3, 48, 192)],
}
OPTIONS = {
    "ours": {},
    "default": {"cudnn_conv_algo_search": "DEFAULT"},
    "tf32": {"use_tf32": "1"},
    "nhwc": {"prefer_nhwc": "1"},
}
RUNS = 5


def networks_alone(options: tuple[str, ...]) -> dict[str, Any]:
    """For each option, network and shape: milliseconds of opening, of the first run, of the median of further runs."""
    load_libraries()
    told: dict[str, Any] = {}
    for option in options:
        values = OPTIONS[option]
        for role, shapes in SHAPES.items():
            for shape in shapes:
                name = f"{option} {role} {'x'.join(map(str, shape))}"
                try:
                    told[name] = _measure(getattr(PpOcr(), role).read_bytes(), shape, values)
                except Exception as error:  # noqa: BLE001 - the next goes on
                    traceback.print_exc()
                    told[name] = f"{type(error).__name__}: {error}"[:300]
    return told


def _measure(content: bytes, shape: tuple[int, ...], values: dict[str, str]) -> dict[str, object]:
    options = ort.SessionOptions()
    options.log_severity_level = 2
    started = time.perf_counter()
    providers = [(PROVIDER, {**PROVIDER_OPTIONS, **values}), "CPUExecutionProvider"]
    session = ort.InferenceSession(content, options, providers=providers)
    opened = time.perf_counter()
    numbers = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    if session.get_providers()[0] != PROVIDER:
        raise RuntimeError("onnxruntime went back to the CPU; its log says why")
    times = [_run(session, numbers) for _ in range(RUNS + 1)]
    other = _run(session, numbers[..., : shape[-1] // 2])  # what another shape in between costs
    return {
        "open_ms": round(1000 * (opened - started)),
        "first_ms": round(1000 * times[0]),
        "ms": round(1000 * sorted(times[1:])[RUNS // 2], 1),
        "other_shape_ms": round(1000 * other, 1),
        "back_ms": round(1000 * _run(session, numbers), 1),
    }


def _run(session: ort.InferenceSession, numbers: NDArray[np.float32]) -> float:
    started = time.perf_counter()
    session.run([session.get_outputs()[0].name], {session.get_inputs()[0].name: numbers})
    return time.perf_counter() - started
