"""Files as the kernel shows them to a process in a container."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.machine.cgroup import cores, memory_left_bytes

MIB = 1 << 20
NO_LIMIT = 9223372036854771712  # as version 1 writes it
Machine = Callable[[dict[str, str]], Path]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A root with these files under /sys/fs/cgroup; `own` is /proc/self/cgroup."""

    def machine(files: dict[str, str]) -> Path:
        for name, text in files.items():
            file = tmp_path / ("proc/self/cgroup" if name == "own" else f"sys/fs/cgroup/{name}")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n")
        return tmp_path

    return machine


def memory(limit: int | str, used_mib: int, idle_mib: int = 0) -> dict[str, str]:
    """Files of a group of version 2."""
    stat = f"anon 4096\ninactive_file {idle_mib * MIB}\nactive_file 8192"
    return {"memory.max": str(limit), "memory.current": str(used_mib * MIB), "memory.stat": stat}


def within(group: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{group}/{name}": text for name, text in files.items()}


def test_cache_that_nobody_uses_counts_as_left(machine: Machine) -> None:
    assert memory_left_bytes(machine({"own": "0::/", **memory(1024 * MIB, 600, 100)})) == 524 * MIB


def test_the_narrowest_of_the_groups_around_a_process_binds(machine: Machine) -> None:
    root = machine(
        {
            "own": "0::/fleet.slice/worker.service",
            **within("fleet.slice", memory(2048 * MIB, 1900)),
            **within("fleet.slice/worker.service", memory(1024 * MIB, 100)),
        }
    )
    assert memory_left_bytes(root) == 148 * MIB


@pytest.mark.parametrize("path", ["/", "/docker/5c1d"])  # with and without a namespace of its own
def test_a_limit_of_version_1_is_found_beside_the_unified_hierarchy(machine: Machine, path: str) -> None:
    root = machine(
        {
            "own": f"9:cpu,cpuacct:{path}\n4:memory:{path}\n0::{path}",
            "memory/memory.limit_in_bytes": str(512 * MIB),
            "memory/memory.usage_in_bytes": str(300 * MIB),
            "memory/memory.stat": f"cache 1\ntotal_inactive_file {20 * MIB}",
        }
    )
    assert memory_left_bytes(root) == 232 * MIB


def test_a_group_over_its_limit_has_nothing_left(machine: Machine) -> None:
    assert memory_left_bytes(machine({"own": "0::/", **memory(100 * MIB, 120)})) == 0


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"own": "0::/"},
        {"own": "0::/", **memory("max", 600)},
        {"own": "4:memory:/", "memory/memory.limit_in_bytes": str(NO_LIMIT), "memory/memory.usage_in_bytes": "4096"},
    ],
)
def test_without_a_limit_there_is_none(machine: Machine, files: dict[str, str]) -> None:
    assert memory_left_bytes(machine(files)) is None
    assert cores(machine(files)) == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    "files",
    [
        {"own": "0::/", "cpu.max": "50000 100000"},
        {"own": "3:cpu,cpuacct:/", "cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"},
    ],
)
def test_half_a_core_s_time_is_one_core(machine: Machine, files: dict[str, str]) -> None:
    assert cores(machine(files)) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"own": "0::/", "cpu.max": "max 100000"},
        {"own": "0::/", "cpu.max": "6400000 100000"},
        {"own": "3:cpu:/", "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
    ],
)
def test_no_quota_or_one_of_more_than_there_is_leaves_all_cores(machine: Machine, files: dict[str, str]) -> None:
    assert cores(machine(files)) == len(os.sched_getaffinity(0))


def test_this_very_machine_is_read() -> None:
    assert cores() >= 1
    left = memory_left_bytes()
    assert left is None or left > 0
