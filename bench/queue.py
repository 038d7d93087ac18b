"""What ocrfleet's delivery costs: `python -m bench.queue [--documents N] [--small N] [--large N] [--json]`.

Null OCR, each write of Redis on its disk at once, against bare Celery (bench.bare) on the same Redis in the same run.
`read` is a bare task that does the same work without the promises; `nothing` does none. `submit` is the whole of it:
find, hash, keep a copy, write the manifest, the ledger and the queue; `enqueue` is the ledger and the queue alone.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import redis
import typer

from bench.bare import QUEUE, make_bare
from bench.command import take
from bench.corpus import draw_page
from config.settings import Settings, environment_for
from jobs.contract import Recipe, Source
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import submit_files
from samples.local_redis import LocalRedis, local_redis
from samples.stack import packaged_model, running, running_worker, wait_for_line

CONCURRENCY = 2
LOOK_S = 0.05
LIMIT_S = 600.0


class Trial:
    """One Redis, one folder, and what is measured on them."""

    def __init__(self, server: LocalRedis, folder: Path) -> None:
        self._folder = folder
        self._values: dict[str, object] = {
            "redis_url": server.url,
            "store_url": str(folder / "store"),
            "work_dir": folder,
            "file_model_path": packaged_model(),
        }
        self._settings = Settings(_env_file=None, **self._values)  # type: ignore[arg-type]
        self._fleet = Fleet.open(self._settings)
        self._bare = make_bare(self._settings)
        self._redis: redis.Redis = redis.Redis.from_url(server.url)

    def ours(self, documents: int) -> dict[str, float]:
        """Submit, then work: documents a second of each, and of the ledger and queue alone."""
        sources = [_source(number) for number in range(documents)]
        self._fleet.ledger.create_batch("ledger", Recipe(engine="null", mode="off"), "backlog")
        enqueue_s = _timed(lambda: (self._fleet.ledger.add("ledger", sources), self._fleet.feed()))
        self._redis.flushall()
        files = take_in(walk([str(self._draw(documents))]), 1 << 20)
        wish = Wish(engine="null", mode="off")
        submit_s = _timed(lambda: list(submit_files(self._fleet, "batch", wish, files)))
        log = self._folder / "worker.log"
        with running_worker(self._values, log, "--concurrency", str(CONCURRENCY)):
            rate = _rate(lambda: self._fleet.ledger.batch("batch").done, documents)
        return {"submitted": documents / submit_s, "enqueued": documents / enqueue_s, "done": rate}

    def bare(self, task: str, documents: int) -> dict[str, float]:
        """The same of a bare task."""
        contents = [entry.document for entry in self._fleet.documents("batch")]

        def submit() -> None:
            for content in contents:
                self._bare.tasks[task].apply_async((content,))

        submit_s = _timed(submit)
        log = self._folder / f"{task}.log"
        with running(["bench.bare", str(CONCURRENCY)], self._values, log) as process:
            wait_for_line(log, " ready.", process, 60)
            rate = _rate(lambda: documents - self._left(), documents)
        return {"submitted": documents / submit_s, "done": rate}

    def memory(self, documents: int) -> tuple[float, float]:
        """MiB of `ocrfleet submit` at its peak, and Redis' bytes for each document."""
        self._redis.flushall()
        before = int(self._redis.info("memory")["used_memory"])
        folder = self._folder / f"submit-{documents}"
        folder.mkdir()
        for number in range(documents):
            (folder / f"invoice-{number:07d}.pdf").write_bytes(b"%%PDF-1.7\n%d" % number)
        command = [sys.executable, "-m", "producer.cli", "submit", str(folder), "--batch", "memory", "--engine", "null"]
        values = self._values | {"store_url": f"{folder}-store"}
        taken = take(command, environment_for(values))
        held = int(self._redis.info("memory")["used_memory"]) - before
        return taken.peak_mib, held / documents

    def _left(self) -> int:
        with self._redis.pipeline(transaction=True) as both:
            both.llen(QUEUE)
            both.hlen("unacked")
            return sum(both.execute())

    def _draw(self, documents: int) -> Path:
        folder = self._folder / "documents"
        folder.mkdir()
        for number in range(documents):
            draw_page(120, number).save(folder / f"{number:05d}.png")
        return folder


def _source(number: int) -> Source:
    return Source(document=f"{number:064x}", name=f"{number:05d}.png", media_type="image/png", size_bytes=1)


def _timed(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def _rate(done: Callable[[], int], documents: int) -> float:
    """Documents a second from the first tenth to the last document: without the start of the processes."""
    started: tuple[float, int] | None = None
    deadline = time.monotonic() + LIMIT_S
    while (count := done()) < documents:
        if started is None and count >= documents / 10:
            started = time.monotonic(), count
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} of {documents} documents after {LIMIT_S:.0f} s")
        time.sleep(LOOK_S)
    if started is None:
        raise ValueError("Too few documents to measure a rate: raise --documents")
    return (documents - started[1]) / (time.monotonic() - started[0])


def run(folder: Path, documents: int, sizes: Sequence[int]) -> dict[str, Any]:
    """Measure all and report."""
    with local_redis(folder / "redis", append_only=True) as server:
        trial = Trial(server, folder)
        ours = trial.ours(documents)
        read, nothing = trial.bare("bare.read", documents), trial.bare("bare.nothing", documents)
        (small_mib, _), (large_mib, bytes_each) = (trial.memory(size) for size in sizes)
    return {
        "documents": documents,
        "concurrency": CONCURRENCY,
        **{f"{name}_per_s": round(rate, 1) for name, rate in ours.items()},
        **{f"bare_read_{name}_per_s": round(rate, 1) for name, rate in read.items()},
        **{f"bare_nothing_{name}_per_s": round(rate, 1) for name, rate in nothing.items()},
        "ratio_done": round(ours["done"] / read["done"], 2),
        "ratio_done_nothing": round(ours["done"] / nothing["done"], 2),
        "ratio_submitted": round(ours["submitted"] / read["submitted"], 2),
        "ratio_enqueued": round(ours["enqueued"] / read["submitted"], 2),
        "submit_sizes": list(sizes),
        "submit_mib": [round(small_mib, 1), round(large_mib, 1)],
        "redis_bytes_per_document": round(bytes_each),
    }


def main(
    documents: Annotated[int, typer.Option(min=20, help="Documents that are worked on.")] = 2000,
    small: Annotated[int, typer.Option(help="Documents of the smaller submit whose memory is measured.")] = 10_000,
    large: Annotated[int, typer.Option(help="... and of the larger.")] = 200_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure delivery against bare Celery."""
    with tempfile.TemporaryDirectory(prefix="queue-") as folder:
        report = run(Path(folder), documents, (small, large))
    typer.echo(json.dumps(report) if as_json else "\n".join(f"{key:<28} {value}" for key, value in report.items()))


if __name__ == "__main__":
    typer.run(main)
