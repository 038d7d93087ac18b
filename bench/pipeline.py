"""How fast a whole worker is: `python -m bench.pipeline --data DIR [--children 1,2] [--ocr-device cpu,gpu] --json`.

DIR holds scans. A real worker with a real Redis reads and corrects them in the default mode: on each device for OCR
with each number of children of one thread, and with one child for all cores. At last, OCR alone and the correction
alone read some of the pages in this process, one after the other, so that it shows which of the two a worker waits for.
Each layout starts anew, with a store of its own; the first pages, on which each child loads its models, count for
nothing but the time from the worker's start to the first of them and to the last. With OCR on a GPU each scan is among
them: a shape is planned once in the life of a process. With `--json` each line is all that is known by then; what would
end after `--limit-s` is not begun, and named.
"""

import contextlib
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import machine
from bench.question import Page
from bench.scan import Scan, documents, read
from bench.skipping import Skipping
from bench.worker_load import Load, Watch
from config.settings import Settings
from jobs.errors import OcrFleetError
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import submit_files
from samples.local_redis import local_redis
from samples.stack import StackError, packaged_model, running_worker
from workers.machine.gpu import resolve_gpu
from workers.ocr import open_engine
from workers.remote import ask

LOOK_S = 0.25
LIMIT_S = 900.0
HOUR_S = 3600
#: Pages that each child reads on its core: with three each, cores idled for a sixth of the time at the end.
PAGES_EACH = 8
#: How often each scan is read with OCR on a GPU: 160 pages of 32 scans, 16 s at 10 pages/s.
TURNS = 5
#: Pages that OCR alone and the correction alone read.
PAGES_ALONE = 4


@dataclass(frozen=True, slots=True)
class Layout:
    """How a worker's cores are shared out, and where its OCR runs."""

    children: int
    threads: int  # of the OCR engine in each child
    device: str = "cpu"

    def pages(self, scans: Sequence[Scan]) -> list[Scan]:
        """Pages to read: each scan as often as it takes."""
        if self.device == "gpu":
            return list(scans) * TURNS
        return list(islice(cycle(scans), self.children * PAGES_EACH))

    def warm_up(self, scans: Sequence[Scan]) -> list[Scan]:
        """Pages to read before: one for each child, and each shape that a GPU has to plan."""
        least = [scans[0]] * self.children
        return [*scans, *least[len(scans) :]] if self.device == "gpu" else least


def main(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    model: Annotated[Path | None, typer.Option(help="GGUF file; default: the packaged one.")] = None,
    limit: Annotated[int, typer.Option(help=f"So many scans; with OCR on a GPU each is read {TURNS} times.")] = 6,
    children: Annotated[str, typer.Option(help="Numbers of children; default: 1, 2, 4 ... up to the cores.")] = "",
    gpu: Annotated[str, typer.Option(help="cpu, auto, an index or a UUID.")] = "cpu",
    ocr_device: Annotated[str, typer.Option(help="Where OCR runs: cpu, gpu, or both: cpu,gpu.")] = "cpu",
    price: Annotated[float, typer.Option(help="Price of the machine per hour.")] = 3.0,
    limit_s: Annotated[float, typer.Option(help="What would end later is not begun.")] = LIMIT_S,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Measure pages a second, where the time goes, and what a million pages cost."""
    scans = [scan for pages in documents(data, None) for scan in pages]
    scans = scans[:: max(1, len(scans) // limit)][:limit]
    settings = Settings(file_model_path=model or packaged_model())
    report = Report(limit_s, as_json=as_json)
    report.told |= {"machine": machine.describe(), "scans": len(scans), "price_per_hour": price, "workers": []}
    for layout in _layouts(children, ocr_device.split(",")):
        report.step(
            f"{layout.children} children of {layout.threads} threads, OCR on {layout.device}",
            lambda layout=layout: report.told["workers"].append(  # type: ignore[misc]
                _measure(layout, scans, settings, gpu, price)
            ),
        )
    report.step("alone", lambda: report.told.update(alone=_alone(scans[:PAGES_ALONE], settings, gpu)))
    if not as_json:
        typer.echo(json.dumps(report.told, indent=2))


class Report:
    """What is known, step by step, within a time."""

    def __init__(self, limit_s: float, *, as_json: bool) -> None:
        self.told: dict[str, Any] = {"not_measured": {}}
        self._ends = time.monotonic() + limit_s
        self._longest_s = 0.0
        self._as_json = as_json

    def step(self, name: str, work: Callable[[], object]) -> None:
        """Take a step if there is time; one that fails is named with its reason."""
        started = time.monotonic()
        why = "no time" if started + self._longest_s > self._ends else self._try(work)
        if why:
            self.told["not_measured"][name] = why
        took_s = time.monotonic() - started
        self._longest_s = max(self._longest_s, took_s)
        typer.echo(f"{name}: {why or f'{took_s:.0f} s'}", err=True)
        if self._as_json:
            typer.echo(json.dumps(self.told))

    @staticmethod
    def _try(work: Callable[[], object]) -> str:
        """Returns why it failed; empty: it did not."""
        try:
            work()
        except (OcrFleetError, StackError, RuntimeError) as error:
            return f"{type(error).__name__}: {error}"
        return ""


def _layouts(children: str, devices: Sequence[str]) -> list[Layout]:
    cores = len(os.sched_getaffinity(0))
    counts = [int(count) for count in children.split(",")] if children else _doubling(cores)
    spread = [Layout(count, 1, device) for count in sorted(counts, reverse=True) for device in devices[::-1]]
    return [*spread, Layout(1, cores)]  # the dearest question last


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
    with (
        tempfile.TemporaryDirectory(prefix="pipeline-") as name,
        local_redis(Path(name, "redis"), append_only=True) as server,
    ):
        folder = Path(name)
        values = {
            "redis_url": server.url,
            "store_url": str(folder / "store"),
            "work_dir": folder,
            "file_model_path": settings.file_model_path,
            "ocr_threads": layout.threads,
            "ocr_device": layout.device,
            "engine_answers_kept": 0,  # the pages that warm it are among those that are timed
        }
        own = Settings(_env_file=None, **values)  # type: ignore[arg-type]
        fleet, warming, pages = Fleet.open(own), layout.warm_up(scans), layout.pages(scans)
        _submit(fleet, "warm", _copies(warming, folder / "warm"))
        arguments = ("--concurrency", str(layout.children), "--gpu", gpu)
        started = time.perf_counter()
        with running_worker(values, folder / "worker.log", *arguments) as worker:
            _wait(fleet, "warm", 1, None)
            first_page_s = time.perf_counter() - started
            _wait(fleet, "warm", len(warming), None)
            warm_s = time.perf_counter() - started
            watch = Watch(worker.pid)
            _submit(fleet, "timed", _copies(pages, folder / "timed"))
            _wait(fleet, "timed", len(pages), watch)
            load, devices = watch.stop(), _devices(own)
        told = _describe(layout, len(pages), load, _stages(fleet), price)
        return {"first_page_s": round(first_page_s, 2), "warm_s": round(warm_s, 2), **told, "devices": devices}


def _devices(settings: Settings) -> dict[str, object]:
    """What the worker's engine and its OCR process on a GPU say of themselves."""
    with contextlib.suppress(OcrFleetError):
        return {device: facts for told in ask(settings, "engine", None).values() for device, facts in told.items()}
    return {}


def _copies(scans: Sequence[Scan], folder: Path) -> Path:
    """Copy scans, each with an end of its own, so that none is the same document as another."""
    folder.mkdir()
    for number, scan in enumerate(scans):
        copy = folder / f"{number:04d}{scan.image.suffix}"
        shutil.copyfile(scan.image, copy)
        with copy.open("ab") as file:
            file.write(f"{folder.name}{number}".encode())
    return folder


def _submit(fleet: Fleet, batch: str, folder: Path) -> None:
    files = take_in(walk([str(folder)]), fleet.settings.max_file_bytes)
    list(submit_files(fleet, batch, Wish(engine="rapidocr"), files))


def _wait(fleet: Fleet, batch: str, count: int, watch: Watch | None) -> None:
    """Wait until so many documents of the batch are done.

    Raises:
        RuntimeError: one failed, or the time is up.
    """
    deadline = time.monotonic() + LIMIT_S
    while (summary := fleet.ledger.batch(batch)).done < count:
        if summary.failed or time.monotonic() > deadline:
            raise RuntimeError(f"{summary.failed} failed, {summary.done} of {summary.documents} done")
        if watch:
            watch.look(summary.done)
        time.sleep(LOOK_S)
    if watch:
        watch.look(summary.done)


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
        "ocr_device": layout.device,
        "pages": pages,
        "pages_per_s": round(pages_per_s, 3),
        "pages_per_s_steady": round(load.steady_pages_per_s, 3),
        "cpu_s_per_page": round(load.cpu_s / pages, 2),
        "seconds_by_stage": stages,
        "cores_percent": load.cores_percent,
        "gpu_percent": round(load.gpu_percent, 1),
        "gpu_mib": load.gpu_mib,
        "gpu_mib_by_role": load.gpu_mib_by_role,
        "child_mib": round(load.child_mib),
        "cost_per_million_pages": round(price / HOUR_S / pages_per_s * 1_000_000),
    }


if __name__ == "__main__":
    typer.run(main)
