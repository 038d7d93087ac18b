"""Our weights for coarse pages, and the one file that they are for."""

from pathlib import Path

import numpy as np
import onnxruntime as ort

from workers.ocr.coarse import coarse_network, fits
from workers.ocr.pp_ocr import PpOcr


def answer(network: bytes) -> np.ndarray:
    session = ort.InferenceSession(network, providers=["CPUExecutionProvider"])
    lines = np.random.default_rng(0).uniform(-1, 1, (1, 3, 48, 320)).astype(np.float32)
    return session.run(None, {"x": lines})[0]


def test_the_weights_are_for_the_recogniser_of_the_wheel_that_is_installed() -> None:
    assert fits(PpOcr().recogniser), "RapidOCR brings another recogniser: train anew (training/README.md)"


def test_they_fit_no_other_file_however_like_it_is(tmp_path: Path) -> None:
    content = bytearray(PpOcr().recogniser.read_bytes())
    content[len(content) // 2] ^= 1
    other = tmp_path / PpOcr().recogniser.name
    other.write_bytes(content)
    assert not fits(other)


def test_with_them_the_network_answers_otherwise_and_still_in_probabilities() -> None:
    path = PpOcr().recogniser
    stock, coarse = answer(path.read_bytes()), answer(coarse_network(path))
    assert coarse.shape == stock.shape
    assert np.abs(coarse - stock).max() > 0.01
    np.testing.assert_allclose(coarse.sum(axis=2), 1, atol=1e-4)


def test_only_weights_differ() -> None:
    path = PpOcr().recogniser
    stock, coarse = path.read_bytes(), coarse_network(path)
    assert len(coarse) == len(stock)
    opened = [ort.InferenceSession(content, providers=["CPUExecutionProvider"]) for content in (stock, coarse)]
    first, second = (session.get_modelmeta().custom_metadata_map for session in opened)
    assert first == second
