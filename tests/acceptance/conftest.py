"""A fleet for the acceptance tests: real Redis, real worker processes, the real commands."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from config.settings import environment_for
from samples.stack import packaged_model, running_worker


class Fleet:
    """Commands, workers and what can be seen of them, all on one Redis and one store."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, object] = {
            "redis_url": redis_url,
            "store_url": folder / "store",
            "work_dir": folder,
            "file_model_path": packaged_model(),
            "node": "testhost",
            "lease_s": 3,
            "concurrency": 1,
        }
        self._open = ExitStack()
        self._logs: list[Path] = []

    def ocrfleet(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `ocrfleet` as a user would."""
        return self._run("producer.cli", arguments, check=check)

    def ocrfleet_worker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `ocrfleet-worker` as a user would."""
        return self._run("workers.cli", arguments, check=check)

    def start_worker(self, *arguments: str, **settings: object) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it is ready for jobs."""
        log = self.folder / f"worker-{len(self._logs)}.log"
        self._logs.append(log)
        return self._open.enter_context(running_worker(self.settings | settings, log, "--gpu", "cpu", *arguments))

    def submit(self, *paths: Path, batch: str = "batch", **options: str) -> None:
        """Submit documents to a batch."""
        flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        self.ocrfleet("submit", *map(str, paths), "--batch", batch, *flags)

    def summary(self, batch: str = "batch") -> dict[str, Any]:
        """Give the counts of a batch, as `ocrfleet status --json` prints them."""
        return dict(json.loads(self.ocrfleet("status", batch, "--json").stdout))

    def wait_until(
        self, met: Callable[[dict[str, Any]], bool], timeout_s: float, batch: str = "batch"
    ) -> dict[str, Any]:
        """Poll a batch until a condition holds; fail with the workers' logs when it does not."""
        deadline = time.monotonic() + timeout_s
        while not met(summary := self.summary(batch)):
            if time.monotonic() > deadline:
                pytest.fail(f"{summary} after {timeout_s} s\n{self.logs()}")
            time.sleep(0.2)
        return summary

    def wait_until_finished(self, timeout_s: float = 120, batch: str = "batch") -> dict[str, Any]:
        """Wait until every document is in a terminal state."""
        return self.wait_until(
            lambda each: each["documents"] == each["done"] + each["failed"] + each["cancelled"], timeout_s, batch
        )

    def model_processes(self, worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """Find the keeper and the engine of a worker."""
        children = psutil.Process(worker.pid).children(recursive=True)
        return [child for child in children if "workers.llm" in " ".join(child.cmdline())]

    def keeper_of(self, worker: subprocess.Popen[bytes]) -> psutil.Process:
        """Find the keeper."""
        return next(each for each in self.model_processes(worker) if "keeper" in " ".join(each.cmdline()))

    def engine_of(self, worker: subprocess.Popen[bytes]) -> psutil.Process:
        """Find the engine: the keeper's child."""
        return self.keeper_of(worker).children()[0]

    def living_after(self, processes: list[psutil.Process], timeout_s: float) -> list[psutil.Process]:
        """Wait for processes to end; give those that still live. A zombie has ended: PID 1 may be slow to reap it."""
        deadline = time.monotonic() + timeout_s
        while (living := [each for each in processes if _lives(each)]) and time.monotonic() < deadline:
            time.sleep(0.02)
        return living

    def logs(self) -> str:
        """Give the last lines of every worker's log."""
        return "\n".join(f"== {log.name}\n" + "\n".join(log.read_text().splitlines()[-40:]) for log in self._logs)

    def whole_logs(self) -> list[str]:
        """Give every worker's log."""
        return [log.read_text() for log in self._logs]

    def close(self) -> None:
        """Stop every worker."""
        self._open.close()

    def _run(self, module: str, arguments: tuple[str, ...], *, check: bool) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command, env=environment_for(self.settings), capture_output=True, text=True, timeout=120, check=False
        )
        if check and done.returncode != 0:
            pytest.fail(
                f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}\n{self.logs()}"
            )
        return done


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def fleet(redis_url: str, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(redis_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def draw_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Draw a PDF of typed lines: one list of lines a page."""
    from reportlab.pdfgen.canvas import Canvas

    def draw(name: str, *pages: list[str], font: str = "Helvetica") -> Path:
        path = tmp_path / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas = Canvas(str(path), pagesize=(420, 300))
        for lines in pages:
            canvas.setFont(font, 20)
            for row, line in enumerate(lines):
                canvas.drawString(40, 250 - 60 * row, line)
            canvas.showPage()
        canvas.save()
        return path

    return draw
