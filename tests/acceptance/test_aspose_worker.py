"""A real worker with the real Aspose.OCR wheel in trial, under the limits of a worker's child."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.drawn_page import LINES


def aspose_processes(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    children = psutil.Process(worker.pid).children(recursive=True)
    return [child for child in children if "workers.ocr.aspose.process" in child.cmdline()]


def test_an_abort_of_aspose_costs_one_attempt_of_one_job_and_not_the_worker(
    fleet: Any, draw_pdf: Callable[..., Path]
) -> None:
    worker = fleet.start_worker("--engine", "aspose", "--concurrency", "1", aspose_allow_trial=True)
    fleet.submit(draw_pdf("first.pdf", LINES * 2), batch="first", mode="off", text_layer="ignore")
    assert fleet.wait_until_finished(batch="first")["truncated"] == 1
    (before,) = aspose_processes(worker)

    os.kill(before.pid, signal.SIGABRT)
    fleet.submit(draw_pdf("second.pdf", [*LINES, *LINES, "end"]), batch="second", mode="off", text_layer="ignore")
    assert fleet.wait_until_finished(batch="second")["done"] == 1
    assert "attempt=2" in fleet.logs()
    assert worker.poll() is None
    (after,) = aspose_processes(worker)

    worker.terminate()
    worker.wait(timeout=60)
    assert fleet.living_after([after], timeout_s=30) == []


@pytest.mark.prove
def test_a_child_that_is_replaced_takes_its_aspose_process_along(fleet: Any, draw_pdf: Callable[..., Path]) -> None:
    worker = fleet.start_worker("--engine", "aspose", aspose_allow_trial=True, recycle_after_pages=1)
    fleet.submit(
        draw_pdf("first.pdf", LINES * 2),
        draw_pdf("second.pdf", [*LINES, *LINES, "end"]),
        mode="off",
        text_layer="ignore",
    )
    assert fleet.wait_until_finished(200)["done"] == 2

    assert fleet.living_after(everywhere(fleet.folder), timeout_s=30) == []  # the third child has not opened its own
    assert worker.poll() is None


def everywhere(work_dir: Path) -> list[psutil.Process]:
    """Aspose's processes of this test, whoever their parent is by now."""
    found = [each for each in psutil.process_iter() if "workers.ocr.aspose.process" in cmdline_of(each)]
    return [each for each in found if each.environ().get("OCRFLEET_WORK_DIR") == str(work_dir)]


def cmdline_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@pytest.mark.parametrize(
    ("libraries", "reason"), [((), "needs OpenSSL 1.1"), (("libssl", "libcrypto"), "SIGABRT as it started")]
)
def test_a_worker_whose_openssl_is_hidden_or_broken_says_so_and_goes_on(
    fleet: Any, draw_pdf: Callable[..., Path], libraries: tuple[str, ...], reason: str
) -> None:
    hidden = fleet.folder / "openssl"
    hidden.mkdir()
    for name in libraries:
        (hidden / f"{name}.so.1.1").write_text("no library")
    worker = fleet.start_worker("--engine", "null", aspose_allow_trial=True, openssl_1_1_path=hidden)

    fleet.submit(draw_pdf("first.pdf", LINES), batch="wants-aspose", engine="aspose", mode="off", text_layer="ignore")
    fleet.wait_until(lambda _: reason in listed(fleet, "wants-aspose"), 60, batch="wants-aspose")

    fleet.submit(draw_pdf("second.pdf", [*LINES, "end"]), batch="other", mode="off", text_layer="ignore")
    assert fleet.wait_until_finished(batch="other")["done"] == 1
    assert fleet.summary("wants-aspose")["failed"] == 0  # it waits for a worker that has it
    assert worker.poll() is None


def listed(fleet: Any, batch: str) -> str:
    return str(fleet.ocrfleet("status", batch, "--documents").stdout)


def test_a_worker_that_can_t_have_its_engine_refuses_to_start_and_says_what_mends_it(fleet: Any) -> None:
    ended = fleet.ocrfleet_worker("run", "--engine", "aspose", "--gpu", "cpu", check=False)
    assert ended.returncode == 4
    assert "OCRFLEET_ASPOSE_LICENSE_PATH" in ended.stderr
    assert "Traceback" not in ended.stderr
