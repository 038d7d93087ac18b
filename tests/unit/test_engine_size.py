"""How large an engine is made, and what it gives up when memory lacks."""

from pathlib import Path

import pytest

from workers.llm.plan import CacheType, KeeperPlan
from workers.llm.size import LANE_MIB, EngineSize, size_that_fits
from workers.machine import gpu
from workers.machine.gpu import ModelShape

#: A 3B model at 8 bits: 3.3 GB, 36 blocks, 2 KV heads of 128.
THREE_B = ModelShape(file_bytes=3_300_000_000, blocks=36, cache_bytes_per_cell=1024)


def plan(**changes: object) -> KeeperPlan:
    values: dict[str, object] = {
        "model_path": Path("model.gguf"), "model": "", "model_sha256": "", "gpu_uuid": "GPU-1", "gpu_layers": "auto",
        "context_size": 4096, "slots": 32, "cache_type": "f16", "threads": 1, "idle_s": 0, "answers_kept": 0,
        "start_timeout_s": 1, "folder": Path(), "listen_fd": 0, "parent_pid": 0, "log_level": 20, "engine_command": (),
    }  # fmt: skip
    return KeeperPlan.model_validate(values | changes)


@pytest.mark.parametrize(
    ("free_mib", "cache_type", "size"),
    [
        (80_000, "f16", EngineSize(37, 32)),
        (gpu.RESERVE_MIB + LANE_MIB + 4_500, "f16", EngineSize(37, 16)),
        (gpu.RESERVE_MIB + 3 * LANE_MIB + 4_610, "q8_0", EngineSize(37, 32)),
        (gpu.RESERVE_MIB + 1_976, "f16", EngineSize(20, 4)),
        (0, "f16", EngineSize(0, 4)),
    ],
)
def test_pages_in_flight_are_given_up_before_layers(
    monkeypatch: pytest.MonkeyPatch, free_mib: int, cache_type: CacheType, size: EngineSize
) -> None:
    monkeypatch.setattr(gpu, "model_shape", lambda _: THREE_B)
    monkeypatch.setattr(gpu, "free_mib", lambda _: free_mib)
    assert size_that_fits(plan(cache_type=cache_type)) == size


def test_on_a_cpu_and_with_layers_as_told_nothing_is_measured() -> None:
    assert size_that_fits(plan(gpu_uuid=None, slots=4)) == EngineSize(0, 4)
    assert size_that_fits(plan(gpu_layers=7)) == EngineSize(7, 32)


def test_a_size_shrinks_to_one_page_on_the_cpu_and_no_further() -> None:
    sizes = [EngineSize(5, 32)]
    while smaller := sizes[-1].smaller():
        sizes.append(smaller)
    assert [(size.gpu_layers, size.slots) for size in sizes] == [(5, 32), (5, 4), (2, 4), (1, 4), (0, 4), (0, 1)]
