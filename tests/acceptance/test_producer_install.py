"""The producer alone: a fresh environment with the base dependencies, the real command, a real Redis."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import environment_for

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
HEAVY = {
    "llama-cpp-python",
    "rapidocr",
    "onnxruntime",
    "openvino",
    "opencv-python-headless",
    "pypdfium2",
    "pillow",
    "numpy",
}


@pytest.fixture(scope="module")
def producer(tmp_path_factory) -> Path:
    """The `bin` folder of an environment in which only the producer's dependencies are installed."""
    environment = tmp_path_factory.mktemp("producer") / "venv"
    python = environment / "bin" / "python"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", python, "--constraint", ROOT / "requirements.lock", ROOT]
    subprocess.run(install, check=True)
    return python.parent


def test_the_producer_brings_no_ocr_and_no_llm_package(producer):
    listing = subprocess.run(
        [UV, "pip", "list", "--format", "json", "--python", producer / "python"],
        check=True,
        capture_output=True,
        text=True,
    )
    installed = {package["name"] for package in json.loads(listing.stdout)}

    assert {"ocrfleet", "celery", "redis", "typer"} <= installed
    assert installed & HEAVY == set()


def test_the_installed_producer_submits_reports_and_deletes(producer, redis_url, tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "a.pdf").write_bytes(b"%PDF-1.7\none")
    (scans / "b.pdf").write_bytes(b"%PDF-1.7\ntwo")
    (scans / "notes.txt").write_text("no invoice")
    environment = environment_for({"redis_url": redis_url, "store_url": tmp_path / "store"})

    def ocrfleet(*arguments: str) -> str:
        command = [str(producer / "ocrfleet"), *arguments]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Exit status" in ocrfleet("--help")
    submitted = json.loads(ocrfleet("submit", "scans", "--batch", "march", "--json"))
    assert (submitted["new"], submitted["skipped"]) == (2, 1)
    assert json.loads(ocrfleet("status", "march", "--json"))["queued"] == 2
    assert len(list((tmp_path / "store" / "documents").rglob("*/*"))) == 2
    assert json.loads(ocrfleet("delete", "march", "--yes", "--json"))["deleted"] == 2
