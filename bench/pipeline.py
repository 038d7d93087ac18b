"""How fast a whole worker is: `python -m bench.pipeline --data DIR [--limit N] [--children 1,2] [--price P] --json`.

DIR holds scans. A real worker with a real Redis reads and corrects them in the default mode: with one child for all
cores, and with each number of children of one thread. Beside it, OCR alone and the correction alone read the same
pages in this process, one after the other, so that it shows which of the two a worker waits for. Each count of
children starts anew, with a store of its own; the first pages, on which each child loads its models, are not timed.
"""

import contextlib
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench import machine
from bench.question import Page
from bench.scan import Scan, documents, read
from bench.skipping import Skipping
from bench.worker_load import Load, Watch
from config.settings import Settings
from producer.fleet import Fleet
from producer.intake import take_in
from producer.order import Wish
from producer.submit import submit_files
from producer.walk import walk
from samples.local_redis import local_redis
from samples.stack import packaged_model, running_worker
from workers.gpu import resolve_gpu
from workers.ocr import open_engine

LOOK_S = 0.25
LIMIT_S = 900.0
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Layout:
    """How a worker's cores are shared out."""

    children: int
    threads: int  # of the OCR engine in each child


def main(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    model: Annotated[Path | None, typer.Option(help="GGUF file; default: the packaged one.")] = None,
    limit: Annotated[int, typer.Option(help="So many pages.")] = 6,
    children: Annotated[str, typer.Option(help="Numbers of children; default: 1, 2, 4 ... up to the cores.")] = "",
    gpu: Annotated[str, typer.Option(help="cpu, auto, an index or a UUID.")] = "cpu",
    price: Annotated[float, typer.Option(help="Price of the machine per hour.")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Measure pages a second, where the time goes, and what a million pages cost."""
    cores = len(os.sched_getaffinity(0))
    counts = [int(count) for count in children.split(",")] if children else _doubling(cores)
    layouts = [Layout(1, cores), *(Layout(count, 1) for count in counts)]
    scans = [scan for pages in documents(data, None) for scan in pages]
    scans = scans[:: max(1, len(scans) // limit)][:limit]
    settings = Settings(file_model_path=model or packaged_model())
    report: dict[str, object] = {"machine": machine.describe(), "pages": len(scans), "price_per_hour": price}
    report["alone"] = _alone(scans, settings, gpu)
    report["workers"] = [_measure(layout, scans, settings, gpu, price) for layout in layouts]
    typer.echo(json.dumps(report) if as_json else json.dumps(report, indent=2))


def _doubling(cores: int) -> list[int]:
    return sorted({min(cores, 2**power) for power in range(cores.bit_length() + 1)})


def _alone(scans: Sequence[Scan], settings: Settings, gpu: str) -> dict[str, float]:
    """Pages a second of OCR on one thread, and of the correction; each with the machine to itself."""
    with contextlib.closing(open_engine("rapidocr", settings.model_copy(update={"ocr_threads": 1}))) as ocr:
        pages: list[Page] = [(scan, read(scan, ocr, None)) for scan in scans]
    with Skipping.on(settings, resolve_gpu(gpu)) as engine:
        corrected = engine.run(pages)
    ocr_s = sum(reading.seconds for _, reading in pages)
    return {
        "ocr_pages_per_s": round(len(pages) / ocr_s, 3),
        "correction_pages_per_s": round(len(pages) / corrected.wall_s, 3),
    }


def _measure(layout: Layout, scans: Sequence[Scan], settings: Settings, gpu: str, price: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="pipeline-") as name:
        folder = Path(name)
        with local_redis(folder / "redis", append_only=True) as server:
            values = {
                "redis_url": server.url,
                "store_url": str(folder / "store"),
                "work_dir": folder,
                "file_model_path": settings.file_model_path,
                "ocr_threads": layout.threads,
                "engine_answers_kept": 0,  # the pages that warm it are among those that are timed
            }
            fleet = Fleet.open(Settings(_env_file=None, **values))  # type: ignore[arg-type]
            arguments = ("--concurrency", str(layout.children), "--gpu", gpu)
            with running_worker(values, folder / "worker.log", *arguments) as worker:
                _work(fleet, "warm", _copies([scans[0]] * layout.children, folder / "warm"), None)
                watch = Watch(worker.pid)
                _work(fleet, "timed", _copies(scans, folder / "timed"), watch)
                load = watch.stop()
            return _describe(layout, len(scans), load, _stages(fleet), price)


def _copies(scans: Sequence[Scan], folder: Path) -> Path:
    """Copy scans, each with an end of its own, so that none is the same document as another."""
    folder.mkdir()
    for number, scan in enumerate(scans):
        copy = folder / f"{number:04d}{scan.image.suffix}"
        shutil.copyfile(scan.image, copy)
        with copy.open("ab") as file:
            file.write(f"{folder.name}{number}".encode())
    return folder


def _work(fleet: Fleet, batch: str, folder: Path, watch: Watch | None) -> None:
    files = take_in(walk([str(folder)]), fleet.settings.max_file_bytes)
    list(submit_files(fleet, batch, Wish(engine="rapidocr"), files))
    deadline = time.monotonic() + LIMIT_S
    while (summary := fleet.ledger.batch(batch)).done < summary.documents:
        if summary.failed or time.monotonic() > deadline:
            raise RuntimeError(f"{summary.failed} failed, {summary.done} of {summary.documents} done")
        if watch:
            watch.look()
        time.sleep(LOOK_S)


def _stages(fleet: Fleet) -> dict[str, float]:
    """Mean wall seconds of a page by stage."""
    seconds = [
        page.seconds
        for entry in fleet.documents("timed")
        if (result := fleet.store.get_result(entry.document, entry.fingerprint))
        for page in result.pages
    ]
    return {stage: round(statistics.mean(each[stage] for each in seconds), 3) for stage in seconds[0]}


def _describe(layout: Layout, pages: int, load: Load, stages: dict[str, float], price: float) -> dict[str, object]:
    pages_per_s = pages / load.wall_s
    return {
        "children": layout.children,
        "ocr_threads": layout.threads,
        "pages_per_s": round(pages_per_s, 3),
        "cpu_s_per_page": round(load.cpu_s / pages, 2),
        "seconds_by_stage": stages,
        "cores_percent": load.cores_percent,
        "gpu_percent": round(load.gpu_percent, 1),
        "child_mib": round(load.child_mib),
        "cost_per_million_pages": round(price / HOUR_S / pages_per_s * 1_000_000),
    }


if __name__ == "__main__":
    typer.run(main)
