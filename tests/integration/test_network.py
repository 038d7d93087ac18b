"""OpenVINO in a child: it calls nobody, keeps to no core of its own, and leaves signals alone."""

import contextlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from config.settings import Precision, Settings
from jobs.errors import OcrUnavailable
from tests.drawn_page import LINES, draw
from workers.ocr import OcrEngine, network, open_engine
from workers.ocr.network import Network, read_model
from workers.ocr.pp_ocr import PpOcr

ROOT = Path(__file__).parents[2]
LOADS = """
import sys, workers.ocr.rapidocr, openvino.tools.ovc as tools
print(type(tools.telemetry).__module__, [name for name in sys.modules if name.startswith("openvino_telemetry.")])
"""
SIGNALLED = """
import gc, os, signal
from config.settings import Settings
from workers.ocr import open_engine
open_engine("rapidocr", Settings(_env_file=None)).close()
gc.collect()
signal.signal(signal.SIGTERM, lambda *_: print("told"))
os.kill(os.getpid(), signal.SIGTERM)
"""

WITHOUT_ONNXRUNTIME = """
import sys
sys.modules["onnxruntime"] = None
from config.settings import Settings
from tests.drawn_page import LINES, draw
from workers.ocr import open_engine
print([line.text for line in open_engine("rapidocr", Settings(_env_file=None)).read(draw(LINES))] == LINES)
"""


def test_reading_on_the_cpu_needs_no_onnxruntime() -> None:
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_ONNXRUNTIME], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == "True\n"


def test_loading_ocr_tells_nobody_and_leaves_no_id_in_the_home_folder(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOADS], cwd=ROOT, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert told.stdout.split(" ", 1) == ["openvino.tools.ovc.telemetry_stub", "[]\n"]
    assert list(tmp_path.iterdir()) == []


def test_a_signal_after_ocr_was_closed_is_taken() -> None:
    told = subprocess.run([sys.executable, "-c", SIGNALLED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "told\n")


def affinities() -> set[frozenset[int]]:
    """The cores that each thread of this process may run on."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            found.add(frozenset(os.sched_getaffinity(int(task.name))))
    return found


def test_no_thread_is_pinned_to_a_core_while_it_reads() -> None:
    before = affinities()
    network = Network(read_model(PpOcr().detector), threads=1)
    seen: set[frozenset[int]] = set()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(network, np.zeros((1, 3, 960, 960), np.float32))
        while not running.done():
            seen |= affinities()
    assert seen == before


def test_bfloat16_is_named_and_reads_clear_print_alike_with_other_confidence() -> None:
    def opened(precision: Precision) -> OcrEngine:
        return open_engine("rapidocr", Settings(_env_file=None, ocr_precision=precision))

    try:
        rounded = opened("bfloat16")
    except OcrUnavailable as unable:  # a CPU without it
        assert "OCRFLEET_OCR_PRECISION" in str(unable)
        return
    exact = opened("float32")
    assert rounded.name == exact.name.replace("small", "small bfloat16")
    read = [engine.read(draw(LINES)) for engine in (exact, rounded)]
    assert [[line.text for line in lines] for lines in read] == [LINES, LINES]
    assert [line.confidence for line in read[0]] != [line.confidence for line in read[1]]


def test_a_cpu_that_would_count_in_32_bits_instead_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = read_model(PpOcr().classifier)
    monkeypatch.setattr(network, "_core", lambda: Mock(get_property=lambda *_: ["FP32", "INT8"]))
    with pytest.raises(OcrUnavailable, match="OCRFLEET_OCR_PRECISION"):
        Network(model, threads=1, precision="bfloat16")
