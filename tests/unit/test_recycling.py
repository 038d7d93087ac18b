"""When a child or an engine is replaced."""

from typing import Any

import pytest

from workers.machine.gpu import Gpu, GpuMemory
from workers.node import recycling
from workers.node.recycling import Recycling, is_spent

URL = "redis://127.0.0.1:1/0"
GPU = Gpu(index=0, uuid="GPU-1", name="H100")


class Engine:
    """Counts how often it was freed."""

    def __init__(self, gpu: Gpu | None = GPU) -> None:
        self.gpu, self.freed = gpu, 0

    def free(self) -> dict[str, str]:
        self.freed += 1
        return {}


@pytest.mark.parametrize(
    ("pages", "limits", "spent"),
    [
        (3, {"recycle_after_pages": 3, "recycle_child_mib": 0}, True),
        (2, {"recycle_after_pages": 3, "recycle_child_mib": 0}, False),
        (9999, {"recycle_after_pages": 0, "recycle_child_mib": 0}, False),
        (0, {"recycle_after_pages": 0, "recycle_child_mib": 1}, True),
        (0, {"recycle_after_pages": 0, "recycle_child_mib": 1 << 20}, False),
    ],
)
def test_a_child_is_spent_by_pages_or_by_memory(settings: Any, pages: int, limits: dict[str, int], spent: bool) -> None:
    assert is_spent(pages, settings(redis_url=URL, **limits)) is spent


def test_the_engine_is_freed_below_the_floor_once_and_not_at_each_look(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, free_mib = Engine(), 5000
    monkeypatch.setattr(recycling.gpus, "memory", lambda _: GpuMemory(free_mib=free_mib, total_mib=80_000))
    watch = Recycling(settings(redis_url=URL, gpu_memory_floor_mib=2000), [engine])

    look_again(watch, monkeypatch)
    assert engine.freed == 0

    free_mib = 1000
    for _ in range(3):  # it does not help: another process has the memory
        look_again(watch, monkeypatch)
    assert engine.freed == 1


def test_without_a_gpu_or_a_floor_nothing_is_freed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    monkeypatch.setattr(recycling.gpus, "memory", lambda _: GpuMemory(free_mib=0, total_mib=80_000))
    look_again(Recycling(settings(redis_url=URL), [engine]), monkeypatch)
    look_again(Recycling(settings(redis_url=URL, gpu_memory_floor_mib=2000), [Engine(None)]), monkeypatch)
    assert engine.freed == 0


def look_again(watch: Recycling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recycling, "LOOK_S", 0.0)
    watch.look()
