"""What the starter tells the keeper and the keeper tells the engine: JSON in one argument of the command line."""

import sys
from pathlib import Path
from typing import Literal

from jobs.contract import Frozen

#: Of the numbers in the KV cache, as llama.cpp names them.
CacheType = Literal["f16", "q8_0"]

ENGINE_COMMAND = (sys.executable, "-m", "workers.llm.process")

#: Pages in flight that share a context: each row reads the cells of all of them, and each decode waits for one thread.
#: On an H100, 32 pages of 800 tokens gave 7,700 rows a second in one context and 13,200 in four.
SLOTS_OF_LANE = 8

#: How an engine process ends.
EXIT_IDLE = 0
EXIT_OUT_OF_MEMORY = 3
EXIT_BAD_MODEL = 4
EXIT_CRASH = 5


class EnginePlan(Frozen):
    """One engine process."""

    model_path: Path
    model: str
    model_sha256: str
    gpu_layers: int
    context_size: int
    slots: int  # pages in flight at once
    cache_type: CacheType
    threads: int
    idle_s: float  # 0: never ends by itself
    answers_kept: int
    cpu_extras: bool  # AMX and repacked weights, where the CPU has the instructions
    listen_fd: int
    status_fd: int
    keeper_pid: int
    log_level: int

    @property
    def lanes(self) -> int:
        """Contexts of their own, each with its share of the slots."""
        return lanes(self.slots)

    @property
    def slots_of_lane(self) -> int:
        """Pages in flight at once in one lane."""
        return self.slots // self.lanes

    @property
    def cells_of_lane(self) -> int:
        """Tokens that a lane's KV cache holds for all its pages together."""
        return cache_cells(self.context_size, self.slots) // self.lanes


class KeeperPlan(Frozen):
    """A keeper and the engines that it starts one after the other."""

    model_path: Path
    model: str
    model_sha256: str
    gpu_uuid: str | None  # None: CPU
    gpu_layers: int | Literal["auto"]
    context_size: int
    slots: int  # pages in flight at most; fewer where memory lacks
    cache_type: CacheType
    threads: int
    idle_s: float
    answers_kept: int
    start_timeout_s: float
    folder: Path  # of the socket
    listen_fd: int
    parent_pid: int
    log_level: int  # of keeper and engine, as the parent's
    engine_command: tuple[str, ...]


class EngineStatus(Frozen):
    """What an engine writes once, on the pipe to its keeper: that it is warm, or why it will not be."""

    ready: bool
    message: str = ""


class KeeperStatus(Frozen):
    """What the keeper answers to a command."""

    engine_pid: int | None
    gpu_layers: int
    slots: int
    starts: int  # engines started so far


def lanes(slots: int) -> int:
    """Share slots out to lanes."""
    return max(1, slots // SLOTS_OF_LANE)


def cache_cells(context_size: int, slots: int) -> int:
    """Size the KV caches of all lanes: one request of full context in each, and for each further slot a usual page."""
    full = lanes(slots)
    return full * context_size + (slots - full) * min(context_size, 2048)
