"""`make demo`: the main job, for real, on this machine. Redis, a worker and Flower on loopback; documents in, text out.

Exit status: 0 every document ended done; 1 some did not; 2 wrong usage; 130 interrupted.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from config.settings import environment_for
from producer.terminal.console import counted
from samples.excerpt import show_excerpts
from samples.generate import generate
from samples.local_redis import local_redis
from samples.stack import StackError, packaged_model, running_flower, running_worker

BATCH = "demo"


def main() -> int:
    """Run the demo. Returns the exit status."""
    options = _parse()
    if options.docs and not options.docs.exists():
        _say(f"There is no {options.docs}. Give a file or a folder: make demo DOCS=path")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = Path(tempfile.mkdtemp(prefix="ocrfleet-demo-"))
    try:
        status = _demo(options, work)
    except KeyboardInterrupt:
        _say("\nInterrupted; everything the demo started is stopped.")
        status = 130
    except StackError as error:
        _say(f"{error}\nThe logs lie in {work}")
        return 1
    shutil.rmtree(work, ignore_errors=True)
    return status


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--docs", type=Path, help="your own documents: a file or a folder")
    parser.add_argument("--model", help="a GGUF file, or a Hugging Face repository")
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="where the results go")
    return parser.parse_args()


def _demo(options: argparse.Namespace, work: Path) -> int:
    with ExitStack() as running:
        redis = running.enter_context(local_redis(work / "redis"))
        settings: dict[str, object] = {"redis_url": redis.url, "store_url": work / "store", "work_dir": work}
        settings |= _model_settings(options.model)
        _say("Starting a worker (Redis runs; the model is loaded once and stays warm) ...")
        running.enter_context(running_worker(settings, work / "worker.log"))
        flower = running.enter_context(running_flower(settings, work / "flower.log"))
        _say(f"Flower, while this runs: {flower.url}  user {flower.user}, password {flower.password}")
        documents = options.docs or _samples(work / "samples")
        started = time.monotonic()
        _ocrfleet(settings, "submit", str(documents), "--batch", BATCH, "--wait")
        seconds = time.monotonic() - started
        return _report(settings, options.out, seconds)


def _model_settings(model: str | None) -> dict[str, object]:
    if model is None:
        return {"file_model_path": packaged_model()}
    if Path(model).is_file():
        return {"file_model_path": Path(model).resolve()}
    return {"hugging_face_repo_id": model}


def _samples(folder: Path) -> Path:
    _say("Drawing and scanning sample invoices of invented companies ...")
    for sample in generate(folder):
        sample.text.unlink()  # the truth, for tests; here it would only be passed over
    (folder / "truth.json").unlink()
    return folder


def _report(settings: dict[str, object], out: Path, seconds: float) -> int:
    summary = json.loads(_ocrfleet(settings, "status", BATCH, "--json", capture=True))
    if not summary.get("documents"):
        _say("No document was found.")
        return 1
    _ocrfleet(settings, "results", BATCH, "--out", str(out), "--format", "json", "--format", "txt")
    _ocrfleet(settings, "review", BATCH, "--out", str(out / "review"))
    _ocrfleet(settings, "batches")
    show_excerpts(out)
    pages = summary["pages_done"]
    speed = f"{pages / seconds:.2f} pages/s"
    _say(f"\n{counted(pages, 'page')} in {seconds:.1f} s: {speed}, OCR and correction, on {os.cpu_count()} cores.")
    _say(f"The results lie in {out.resolve()}")
    _say(f"What a person must look at, beside its scan: open {out / 'review' / 'index.html'}")
    _say("The demo's Redis and worker end now. To keep a fleet that such commands work on: README, On a fleet.")
    return 0 if summary["done"] == summary["documents"] else 1


def _ocrfleet(settings: dict[str, object], *arguments: str, capture: bool = False) -> str:
    """Run the real command, as a user would, and show it."""
    if not capture:
        _say(f"\n$ ocrfleet {' '.join(arguments)}")
    command: Sequence[str] = (sys.executable, "-m", "producer.cli", *arguments)
    done = subprocess.run(
        command, env=environment_for(settings), stdout=subprocess.PIPE if capture else None, text=True, check=False
    )
    if done.returncode == 130:
        raise KeyboardInterrupt
    return done.stdout or ""


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
