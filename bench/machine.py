"""Describes the machine that a benchmark ran on."""

import os
import platform
from pathlib import Path

from workers.machine.gpu import list_gpus


def describe() -> dict[str, object]:
    """Processor, cores that this process may use, the load that others make, GPUs."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": processor or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "gpus": [gpu.name for gpu in list_gpus()],
    }
