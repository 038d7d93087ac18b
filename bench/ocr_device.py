"""RapidOCR on the CPU and on a GPU, beside each other: `python -m bench.ocr_device --data DIR [--limit-s S] --json`.

DIR holds scans. Each step stands alone: one that fails says why, and the next goes on. After `--limit-s` seconds no
further step begins. What is told: onnxruntime's own sight of the machine; each network alone, by shape and by option;
the OCR process, its start and its memory; whether both devices read the same; pages a second by number of children.
"""

import contextlib
import json
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from rapidfuzz.distance import Levenshtein

from bench import machine
from bench.networks_alone import networks_alone
from bench.reader import open_page
from bench.scan import documents
from config.settings import Settings
from workers import gpu as gpus
from workers.ocr import PageImage, open_engine
from workers.ocr.cuda.provider import has_cuda_provider
from workers.ocr.cuda.service import CudaService

#: A step in a process of its own gets no longer.
STEP_S = 90.0
#: Pages of each child: on a GPU enough of them to see more than the beginning.
GPU_PAGES, CPU_PAGES = 6, 1
#: After the OCR process has ended, NVML may show its memory for a moment.
SETTLE_S = 10.0


def main(
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    gpu: Annotated[str, typer.Option(help="auto, an index or a UUID.")] = "auto",
    limit: Annotated[int, typer.Option(help="So many different pages.")] = 8,
    children: Annotated[str, typer.Option(help="Numbers of children.")] = "1,4,8,16",
    limit_s: Annotated[float, typer.Option(help="After so long no further step begins.")] = 90.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Look at everything that OCR on a GPU stands on, step by step."""
    scans = [scan.image for pages in documents(data, None) for scan in pages]
    pages = scans[:: max(1, len(scans) // limit)][:limit]
    counts = [int(count) for count in children.split(",")]
    report = Report(limit_s)
    report.step("machine", machine.describe)
    report.step("onnxruntime", _sight)
    report.step("networks", lambda: _apart(networks_alone, ("ours",)))
    chosen = report.step("gpu", lambda: gpus.resolve_gpu(gpu))
    if chosen is None:
        report.step("cpu", lambda: _throughput(pages, max(counts), None, CPU_PAGES))
    else:
        with contextlib.closing(CudaService(Settings(_env_file=None), chosen)) as service:
            before_mib = gpus.free_mib(chosen.uuid)
            if report.step("start", lambda: _start(service, before_mib)):
                report.step("same text", lambda: _same_text(pages[:4], service.socket_path))
                for count in counts[::-1]:
                    report.step(f"gpu {count}", lambda count=count: _throughput(pages, count, service, GPU_PAGES))  # type: ignore[misc]
                report.step("memory", lambda: before_mib - gpus.free_mib(chosen.uuid))
                report.step("freed", lambda: _freed(service, before_mib))
        report.step("options", lambda: _apart(networks_alone, ("default", "tf32", "nhwc")))
        for count in counts[::-1]:
            report.step(f"cpu {count}", lambda count=count: _throughput(pages, count, None, CPU_PAGES))  # type: ignore[misc]
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


def _same_text(images: Sequence[Path], socket_path: Path) -> dict[str, object]:
    """Both devices read the same pages."""
    settings = Settings(_env_file=None)
    lines = same = characters = edits = 0
    differing: list[tuple[str, str]] = []
    with (
        contextlib.closing(open_engine("rapidocr", settings)) as cpu,
        contextlib.closing(open_engine("rapidocr", settings, socket_path)) as gpu,
    ):
        for image in images:
            page = open_page(image)
            on_cpu, on_gpu = ([line.text for line in engine.read(page)] for engine in (cpu, gpu))
            lines += len(on_cpu)
            same += sum(one == other for one, other in zip(on_cpu, on_gpu, strict=False))
            differing += [pair for pair in zip(on_cpu, on_gpu, strict=False) if pair[0] != pair[1]]
            characters += len("\n".join(on_cpu))
            edits += Levenshtein.distance("\n".join(on_cpu), "\n".join(on_gpu))
    return {"lines": lines, "same": same, "characters": characters, "edits": edits, "differing": differing[:5]}


def _throughput(images: Sequence[Path], children: int, service: CudaService | None, each: int) -> dict[str, object]:
    """So many children read `each` pages, all at once."""
    context = get_context("spawn")
    ready, told = context.Barrier(children + 1), context.SimpleQueue()
    socket_path = service.socket_path if service else None
    before = service.facts() if service else {}
    processes = [
        context.Process(target=_read, args=(images, number, each, socket_path, ready, told), daemon=True)
        for number in range(children)
    ]
    for process in processes:
        process.start()
    ready.wait(STEP_S)
    started, busy = time.perf_counter(), []
    while any(process.is_alive() for process in processes):
        busy.append(gpus.utilisation_percent())
        time.sleep(0.1)
    wall_s = time.perf_counter() - started
    seconds = [told.get() for process in processes if process.exitcode == 0]
    after = service.facts() if service else {}
    return {
        "pages_per_s": round(sum(len(each) for each in seconds) / wall_s, 2),
        "failed_children": children - len(seconds),
        "ms_per_page": round(1000 * sum(map(sum, seconds)) / max(1, sum(map(len, seconds)))),
        "gpu_percent": round(sum(busy) / max(1, len(busy))),
        **{key: _difference(before, after, key) for key in ("runs", "new_shapes", "lowered", "busy_s") if service},
    }


def _difference(before: dict[str, object], after: dict[str, object], key: str) -> float:
    return round(float(str(after.get(key, 0))) - float(str(before.get(key, 0))), 2)


def _read(images: Sequence[Path], number: int, each: int, socket_path: Path | None, ready: Any, told: Any) -> None:  # noqa: ANN401
    """A child: opens its engine and pages, waits for the others, reads."""
    engine = open_engine("rapidocr", Settings(_env_file=None), socket_path)
    pages: list[PageImage] = [
        open_page(images[(number + index) % len(images)]) for index in range(min(each, len(images)))
    ]
    if socket_path:
        engine.read(pages[0])  # what is planned once
    ready.wait(STEP_S)
    seconds = []
    for index in range(each):
        started = time.perf_counter()
        engine.read(pages[index % len(pages)])
        seconds.append(time.perf_counter() - started)
    told.put(seconds)


if __name__ == "__main__":
    typer.run(main)
