"""What a worker's processes and the machine's cores did between two moments."""

import time
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from workers.machine.gpu import list_gpus, memory, memory_by_process, utilisation_percent

MIB = 1 << 20
#: Programs that a worker starts, by the module that they are.
ROLES = {"workers.llm.keeper": "keeper", "workers.llm.process": "engine", "workers.ocr.cuda.process": "OCR"}


#: The part of a run that is steady, by pages done.
STEADY = (0.2, 0.8)


class Look(NamedTuple):
    """How far a worker was."""

    at_s: float  # since the start
    pages: int  # done


@dataclass(frozen=True, slots=True)
class Load:
    """Between the start and `stop`."""

    wall_s: float
    looks: tuple[Look, ...]
    cpu_s: float  # of the worker and all its children
    cores_percent: tuple[float, ...]  # of each core, other programs' included
    gpu_percent: float  # the mean over all looks; 0 without a GPU
    gpu_mib: int  # of all GPUs, at the end
    gpu_mib_by_role: dict[str, int]  # of the worker's processes, where NVML tells them apart
    child_mib: float  # the largest child's memory at the end; what children share counts in part (PSS)

    @property
    def steady_pages_per_s(self) -> float:
        """Pages a second while no child had begun or ended its share: what a backlog of any length is read at."""
        last = self.looks[-1].pages
        between = [look for look in self.looks if STEADY[0] * last <= look.pages <= STEADY[1] * last]
        if len(between) < 2:  # the run was too short
            return 0.0
        return (between[-1].pages - between[0].pages) / (between[-1].at_s - between[0].at_s)


class Watch:
    """Watches a worker from its construction on."""

    def __init__(self, worker_pid: int) -> None:
        self._worker = psutil.Process(worker_pid)
        self._looks: list[Look] = []
        self._gpu_looks: list[float] = []
        psutil.cpu_percent(percpu=True)  # counts from here
        self._started, self._cpu_s = time.perf_counter(), self._cpu_now()

    def look(self, pages: int) -> None:
        """Note that so many pages are done, and look at the GPU; to be called now and then, and at the end."""
        self._looks.append(Look(time.perf_counter() - self._started, pages))
        self._gpu_looks.append(utilisation_percent())

    def stop(self) -> Load:
        """Say what was seen."""
        looks = self._gpu_looks or [0.0]
        return Load(
            wall_s=time.perf_counter() - self._started,
            looks=tuple(self._looks),
            cpu_s=self._cpu_now() - self._cpu_s,
            cores_percent=tuple(psutil.cpu_percent(percpu=True)),
            gpu_percent=sum(looks) / len(looks),
            gpu_mib=sum(each.total_mib - each.free_mib for gpu in list_gpus() if (each := memory(gpu.uuid))),
            gpu_mib_by_role=self._gpu_mib_by_role(),
            child_mib=max(self._children_mib(), default=0.0),
        )

    def _cpu_now(self) -> float:
        processes = [self._worker, *self._worker.children(recursive=True)]
        return sum(sum(each.cpu_times()[:2]) for each in processes)

    def _gpu_mib_by_role(self) -> dict[str, int]:
        held = memory_by_process()
        return {_role(child): held[child.pid] for child in self._worker.children(recursive=True) if child.pid in held}

    def _children_mib(self) -> list[float]:
        """Of the OCR children: what the worker forked, not the programs that it started."""
        name = self._worker.name()
        children = [child for child in self._worker.children() if child.name() == name and not _role(child)]
        return [child.memory_full_info().pss / MIB for child in children]


def _role(process: psutil.Process) -> str:
    """Which program of the worker's it is; empty: a fork of the worker itself."""
    return next((ROLES[word] for word in process.cmdline() if word in ROLES), "")
