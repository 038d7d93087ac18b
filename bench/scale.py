"""A backlog of hundreds of thousands: `python -m bench.scale [--documents N] [--deleted N] [--json]`.

`ocrfleet submit` of N tiny images that all differ: its memory and rate, Redis' bytes for each document. Then how long a
look takes at a ledger of N documents of which half are done, and how fast a batch with results is deleted.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import pack
from typing import Annotated, Any

import redis
import typer

from bench.command import take
from config.settings import Settings, environment_for
from jobs.contract import Recipe, Source
from jobs.result import Outcome
from producer.batch import delete
from producer.fleet import Fleet
from samples.local_redis import LocalRedis, local_redis

#: Documents of one folder.
FOLDER_FILES = 10_000
FINGERPRINT = "0123456789abcdef"
CHUNK = 500


class Scale:
    """One Redis, one folder, and what is measured on them."""

    def __init__(self, server: LocalRedis, folder: Path) -> None:
        self._folder = folder
        self._values: dict[str, object] = {"redis_url": server.url, "store_url": str(folder / "store")}
        self._fleet = Fleet.open(Settings(_env_file=None, **self._values))  # type: ignore[arg-type]
        self._redis: redis.Redis = redis.Redis.from_url(server.url)

    def submit(self, documents: int) -> dict[str, float]:
        """Run the command on so many files."""
        scans = self._draw(documents)
        before = self._used_bytes()
        command = [sys.executable, "-m", "producer.cli", "submit", str(scans), "--batch", "large", "--engine", "null"]
        taken = take(command, environment_for(self._values))
        return {
            "submitted_per_s": round(documents / taken.wall_s, 1),
            "submit_cpu_s": round(taken.cpu_s, 1),
            "submit_peak_mib": round(taken.peak_mib, 1),
            "redis_bytes_per_document": round((self._used_bytes() - before) / documents),
        }

    def look(self, documents: int) -> dict[str, float]:
        """Time what people ask of a ledger of so many documents, every second of which is done; in ms."""
        ledger = self._fleet.ledger
        ledger.create_batch("half", Recipe(engine="null"), "backlog")
        for sources in _chunks(documents):
            ledger.add("half", sources, {source.document: _done(source.document) for source in sources[::2]})
        middle, near_end = documents // 4, documents // 2 - 50
        looks: dict[str, Callable[[], object]] = {
            "batches_ms": ledger.batches,
            "batch_ms": lambda: ledger.batch("half"),
            "first_page_ms": lambda: ledger.documents("half", 0, 50),
            "done_first_page_ms": lambda: ledger.documents("half", 0, 50, "done"),
            "done_middle_page_ms": lambda: ledger.documents("half", middle, 50, "done"),
            "done_last_page_ms": lambda: ledger.documents("half", near_end, 50, "done"),
            "queued_last_page_ms": lambda: ledger.documents("half", near_end, 50, "queued"),
            "list_all_done_ms": lambda: sum(1 for _ in self._fleet.documents("half", "done")),
        }
        return {name: _ms(ask) for name, ask in looks.items()} | {"status_command_ms": _ms(self._status)}

    def delete(self, documents: int) -> dict[str, float]:
        """Delete a batch whose documents have all a result of one page."""
        store = self._fleet.store
        before = self._used_bytes()
        self._fleet.ledger.create_batch("done", Recipe(engine="null"), "backlog")
        for sources in _chunks(documents, first=1 << 32):
            for source in sources:
                self._keep(source)
            store.add_manifest("done", sources)
            self._fleet.ledger.add("done", sources, {source.document: _done(source.document) for source in sources})
        held = (self._used_bytes() - before) / documents
        os.sync()  # what people delete has long been on the disk
        started = time.monotonic()
        for _ in delete(self._fleet, "done"):
            pass
        rate = documents / (time.monotonic() - started)
        return {"redis_bytes_per_done_document": round(held), "deleted_per_s": round(rate, 1)}

    def _keep(self, source: Source) -> None:
        """What a worker leaves of a document, without waiting for the disk."""
        content, store = source.document, self._folder / "store"
        outcome = f"batches/done/outcomes/{content}.json"
        for place in (f"documents/{content[:2]}/{content}", outcome, *_result_files(content)):
            path = store / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * 200)

    def _status(self) -> None:
        command = [sys.executable, "-m", "producer.cli", "status", "half", "--json"]
        subprocess.run(command, env=environment_for(self._values), stdout=subprocess.DEVNULL, check=True)

    def _used_bytes(self) -> int:
        return int(self._redis.info("memory")["used_memory"])

    def _draw(self, documents: int) -> Path:
        scans = self._folder / "scans"
        for number in range(documents):
            folder = scans / f"{number // FOLDER_FILES:03d}"
            if number % FOLDER_FILES == 0:
                folder.mkdir(parents=True)
            (folder / f"invoice-{number:07d}.png").write_bytes(tiny_png(number))
        return scans


def tiny_png(number: int) -> bytes:
    """Draw a valid image of 32 pixels that says the number in black and white."""
    row = b"\0" + pack(">I", number)
    parts = ((b"IHDR", pack(">IIBBBBB", 32, 1, 1, 0, 0, 0, 0)), (b"IDAT", zlib.compress(row)), (b"IEND", b""))
    chunks = (pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data)) for name, data in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _result_files(content: str) -> Iterator[str]:
    folder = f"results/{content[:2]}/{content}/{FINGERPRINT}"
    yield from (f"{folder}/{name}" for name in ("page-00001.jpg", "page-00001.json", "document.json"))


def _chunks(documents: int, first: int = 0) -> Iterator[list[Source]]:
    for start in range(first, first + documents, CHUNK):
        yield [_source(number) for number in range(start, min(start + CHUNK, first + documents))]


def _source(number: int) -> Source:
    content = f"{number * 0x9E3779B97F4A7C15 % (1 << 64):016x}{number:048x}"
    name = f"{number // FOLDER_FILES:03d}/invoice-{number:07d}.png"
    return Source(document=content, name=name, media_type="image/png", size_bytes=70)


def _done(content: str) -> Outcome:
    return Outcome(document=content, state="done", fingerprint=FINGERPRINT, pages=1)


def _ms(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return round(1000 * (time.perf_counter() - started), 1)


def run(folder: Path, documents: int, deleted: int) -> dict[str, Any]:
    """Measure all and report."""
    with local_redis(folder / "redis", append_only=True) as server:
        scale = Scale(server, folder)
        submitted = scale.submit(documents)
        return {"documents": documents, **submitted, **scale.look(documents), **scale.delete(deleted)}


def main(
    documents: Annotated[int, typer.Option(min=1000, help="Documents that are submitted and listed.")] = 200_000,
    deleted: Annotated[int, typer.Option(min=500, help="Documents of the batch that is deleted.")] = 5_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a large backlog."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        report = run(Path(folder), documents, deleted)
    typer.echo(json.dumps(report) if as_json else "\n".join(f"{key:<28} {value}" for key, value in report.items()))


if __name__ == "__main__":
    typer.run(main)
