"""Where OCR runs, and why; and the choice of columns in the recogniser's own file."""

import re
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.machine.gpu import Gpu
from workers.ocr.cuda import processes
from workers.ocr.cuda.columns import CHOSEN, choose_columns
from workers.ocr.cuda.processes import CONTEXT_MIB, OcrProcesses, why_on_cpu
from workers.ocr.pp_ocr import PpOcr

GPU = Gpu(2, "GPU-2", "a GPU")


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


@pytest.fixture
def can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "has_cuda_provider", lambda: True)
    monkeypatch.setattr(processes, "free_mib", lambda uuid: 3072 + CONTEXT_MIB)


@pytest.mark.usefixtures("can")
def test_with_a_gpu_a_provider_and_memory_nothing_speaks_against_the_gpu() -> None:
    assert why_on_cpu(settings(), (GPU,)) == ""
    assert why_on_cpu(settings(engine="rapidocr"), (GPU,)) == ""


@pytest.mark.usefixtures("can")
@pytest.mark.parametrize(
    ("values", "gpus", "why"),
    [
        ({"ocr_device": "cpu"}, (GPU,), "OCRFLEET_OCR_DEVICE=cpu"),
        ({"engine": "tesseract"}, (GPU,), "the engine tesseract knows no GPU"),
        ({}, (None,), "no GPU.*nvidia-smi"),
        (
            {"ocr_gpu_mib": 3073},
            (GPU,),
            f"GPU 2 has {3072 + CONTEXT_MIB} MiB free, and OCR takes {3073 + CONTEXT_MIB}. Lower OCRFLEET_OCR_GPU_MIB",
        ),
    ],
)
def test_what_speaks_against_it_is_said(values: dict[str, object], gpus: tuple[Gpu | None, ...], why: str) -> None:
    assert re.search(why, why_on_cpu(settings(**values), gpus))


def test_this_onnxruntime_knows_no_gpu_and_the_command_that_mends_it_is_named() -> None:
    assert "make setup CUDA=1" in why_on_cpu(settings(), (GPU,))


def test_auto_goes_on_with_the_cpu_and_says_why() -> None:
    ocr = OcrProcesses(settings(), (None,))
    ocr.start()
    assert ocr.socket_path(0) is None
    assert "no GPU" in str(ocr.facts()["OCR on the CPU"]["since"])
    assert ocr.free() == {}


def test_a_gpu_that_was_asked_for_and_is_not_there_is_an_error() -> None:
    with pytest.raises(OcrUnavailable, match="OCRFLEET_OCR_DEVICE=gpu can't be: this worker has no GPU"):
        OcrProcesses(settings(ocr_device="gpu"), (None,)).start()


def test_chosen_columns_are_those_of_the_whole_answer() -> None:
    path: Path = PpOcr().recogniser
    chosen = [0, 7, 400, 18_709]
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    whole = ort.InferenceSession(path, options)
    name = whole.get_outputs()[0].name
    part = ort.InferenceSession(choose_columns(path.read_bytes(), name, chosen), options)
    lines = np.random.default_rng(0).standard_normal((2, 3, 48, 64)).astype(np.float32)
    expected = whole.run([name], {"x": lines})[0][:, :, chosen]
    assert np.array_equal(part.run([CHOSEN], {"x": lines})[0], expected)
