"""OpenVINO in a child: it calls nobody, keeps to no core of its own, and leaves signals alone."""

import contextlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

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
