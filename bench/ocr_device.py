"""RapidOCR on the CPU and on a GPU, beside each other: `python -m bench.ocr_device --data DIR [--limit-s S] --json`.

DIR holds scans. Each step stands alone: one that fails says why, and the next goes on. After `--limit-s` seconds no
further step begins. What is told: onnxruntime's own sight of the machine; the OCR process, its start and its memory;
pages a second by number of children on each device; whether both read the same; with `--networks` also each network
alone, by shape and by option of the provider (100 s).
"""

import contextlib
import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from rapidfuzz.distance import Levenshtein

from bench import machine
from bench.networks_alone import networks_alone
from bench.ocr_children import Children, Read, Task, children
from bench.scan import documents
from config.settings import Settings
from workers.machine import gpu as gpus
from workers.ocr.cuda.provider import has_cuda_provider
from workers.ocr.cuda.service import CudaService

#: A step in a process of its own gets no longer.
STEP_S = 90.0
#: Pages of each child. A GPU reads each page of the largest step once before it is timed: a shape is planned once.
GPU_PAGES, CPU_PAGES = 6, 2
#: What the process counts and adds up.
COUNTED = ("runs", "new_shapes", "plan_s", "lowered", "given_up", "busy_s")
#: After the OCR process has ended, NVML may show its memory for a moment.
SETTLE_S = 10.0


def main(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    gpu: Annotated[str, typer.Option(help="auto, an index or a UUID.")] = "auto",
    limit: Annotated[int, typer.Option(help="So many different pages.")] = 32,
    counts: Annotated[str, typer.Option("--children", help="Numbers of children, the most telling first.")] = "16,8",
    more: Annotated[str, typer.Option(help="Numbers of children on the GPU, where there is time.")] = "4,1",
    networks: Annotated[bool, typer.Option("--networks", help="Measure each network alone as well.")] = False,
    limit_s: Annotated[float, typer.Option(help="After so long no further step begins.")] = 70.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Look at everything that OCR on a GPU stands on, step by step."""
    scans = [scan.image for pages in documents(data, None) for scan in pages]
    pages = scans[:: max(1, len(scans) // limit)][:limit]
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # and so the OCR process tells what it plans
    report = Report(limit_s)
    report.step("machine", machine.describe)
    report.step("onnxruntime", _sight)
    chosen = report.step("gpu", lambda: gpus.resolve_gpu(gpu))
    if chosen:
        with contextlib.closing(CudaService(Settings(_env_file=None), chosen)) as service:
            before_mib = gpus.free_mib(chosen.uuid)
            if report.step("start", lambda: _start(service, before_mib)):
                _beside_each_other(report, pages, service, _numbers(counts), _numbers(more))
                report.step("memory_mib", lambda: before_mib - gpus.free_mib(chosen.uuid))
                report.step("freed", lambda: _freed(service, before_mib))
    if chosen and networks:
        for option in ("ours", "default", "tf32", "nhwc"):
            report.step(f"networks, {option}", lambda option=option: _apart(networks_alone, (option,)))  # type: ignore[misc]
    typer.echo(json.dumps(report.told) if as_json else json.dumps(report.told, indent=2))


class Report:
    """What each step told, or why it failed."""

    def __init__(self, limit_s: float) -> None:
        self.told: dict[str, Any] = {}
        self._ends = time.monotonic() + limit_s

    def step(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Take a step; returns what it gave, None where it failed."""
        if time.monotonic() > self._ends:
            self.told[name] = "no time"
            return None
        started = time.perf_counter()
        try:
            given = work()
        except Exception as error:  # noqa: BLE001 - the next step goes on
            traceback.print_exc()
            self.told[name] = {"failed": f"{type(error).__name__}: {error}"[:600]}
            return None
        self.told[name] = str(given) if isinstance(given, gpus.Gpu) else given
        print(f"{time.perf_counter() - started:6.1f} s  {name}: {self.told[name]}", file=sys.stderr, flush=True)  # noqa: T201
        return given


def _beside_each_other(
    report: Report, images: Sequence[Path], service: CudaService, counts: list[int], more: list[int]
) -> None:
    with children(max(counts), service.socket_path) as staff:
        bench = Bench(staff, images, service)
        report.step("gpu, each page for the first time", lambda: bench.read(max(counts), len(images), on_gpu=True))
        for on_gpu, numbers in ((True, counts), (False, counts), (True, more)):
            for count in numbers:
                pages = count * (GPU_PAGES if on_gpu else CPU_PAGES)
                report.step(
                    f"{'gpu' if on_gpu else 'cpu'} {count}",
                    lambda count=count, pages=pages, on_gpu=on_gpu: bench.read(count, pages, on_gpu=on_gpu),  # type: ignore[misc]
                )
        report.step("same text", bench.compare)


class Bench:
    """Has children read pages on either device, and keeps what they read."""

    def __init__(self, staff: Children, images: Sequence[Path], service: CudaService) -> None:
        self._staff, self._images, self._service = staff, images, service
        self._read: dict[bool, dict[Path, Read]] = {True: {}, False: {}}

    def read(self, count: int, pages: int, *, on_gpu: bool) -> dict[str, object]:
        """So many children read so many pages."""
        images = list(islice(cycle(self._images), pages))
        shares = [Task(images[child::count], on_gpu) for child in range(count)]
        before, busy = self._service.facts(), list[float]()
        read, wall_s = self._staff.read(shares, lambda: busy.append(gpus.utilisation_percent()))
        after = self._service.facts()
        self._read[on_gpu] |= {page.image: page for page in read}
        return {
            "pages_per_s": round(len(read) / wall_s, 2),
            "pages": len(read),
            "s_per_page": round(sum(page.seconds for page in read) / len(read), 2),
            "gpu_percent": round(sum(busy) / max(1, len(busy))),
            "free_mib": gpus.free_mib(self._service.gpu.uuid),
            **{key: _difference(before, after, key) for key in COUNTED},
        }

    def compare(self) -> dict[str, object]:
        """Both devices' lines, of the pages that both have read."""
        both = [
            (self._read[False][image], self._read[True][image]) for image in self._read[False].keys() & self._read[True]
        ]
        texts = [("\n".join(on_cpu.lines), "\n".join(on_gpu.lines)) for on_cpu, on_gpu in both]
        pairs = [pair for cpu, gpu in both for pair in zip(cpu.lines, gpu.lines, strict=False) if pair[0] != pair[1]]
        return {
            "pages": len(both),
            "same_pages": sum(one == other for one, other in texts),
            "lines": sum(len(cpu.lines) for cpu, _ in both),
            "differing_lines": len(pairs),
            "characters": sum(len(one) for one, _ in texts),
            "edits": sum(Levenshtein.distance(one, other) for one, other in texts),
            "examples": pairs[:5],
        }


def _numbers(counts: str) -> list[int]:
    return [int(count) for count in counts.split(",") if count]


def _sight() -> dict[str, object]:
    import onnxruntime

    return {
        "version": onnxruntime.__version__,
        "file": onnxruntime.__file__,
        "providers": onnxruntime.get_available_providers(),
        "cuda_provider": has_cuda_provider(),
    }


def _apart(work: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    """Do it in a process of its own: this one starts others, and must know nothing of CUDA."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply_async(work, arguments).get(STEP_S)


def _start(service: CudaService, before_mib: int) -> dict[str, object]:
    started = time.perf_counter()
    service.start()
    return {
        "seconds": round(time.perf_counter() - started, 1),
        "mib": before_mib - gpus.free_mib(service.gpu.uuid),
        **service.facts(),
    }


def _freed(service: CudaService, before_mib: int) -> dict[str, object]:
    service.stop()
    deadline = time.monotonic() + SETTLE_S
    while (missing := before_mib - gpus.free_mib(service.gpu.uuid)) > 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    return {"missing_mib": missing}


def _difference(before: dict[str, object], after: dict[str, object], key: str) -> float:
    return round(float(str(after.get(key, 0))) - float(str(before.get(key, 0))), 2)


if __name__ == "__main__":
    typer.run(main)
