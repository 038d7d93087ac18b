"""The generator's folder as the demo and the producer meet it."""

import json

import pypdfium2
import pytest
from PIL import Image

from samples.generate import generate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    generate(folder)
    return folder


def page_count(path):
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as document:
            return len(document)
    with Image.open(path) as image:
        image.load()
        return image.n_frames if path.suffix.startswith(".tif") else 1


def test_every_document_opens_and_has_as_many_pages_as_its_text(folder):
    documents = json.loads((folder / "truth.json").read_text())
    assert len(documents) >= 14
    for name in documents:
        text = (folder / name).with_suffix(".txt").read_text()
        assert page_count(folder / name) == text.count("\f") + 1


def test_scanned_pdfs_hold_no_text_and_some_run_over_pages(folder):
    counts = []
    for path in folder.rglob("*.pdf"):
        with pypdfium2.PdfDocument(path) as document:
            assert all(not page.get_textpage().get_text_range() for page in document)
            counts.append(len(document))
    assert max(counts) >= 2


def test_one_document_stands_under_two_paths(folder):
    original, copy = folder / "northgate-hardware.png", folder / "archive/2026/copy-of-northgate.png"
    assert original.read_bytes() == copy.read_bytes()
    truth = json.loads((folder / "truth.json").read_text())
    assert truth["northgate-hardware.png"] == truth["archive/2026/copy-of-northgate.png"]
