"""Children that read pages at once, as a worker's do, on the CPU or through the OCR process of a GPU."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from bench.reader import open_page
from config.settings import Settings
from workers.ocr import open_engine

#: Longest wait for a child.
CHILD_S = 120.0


@dataclass(frozen=True, slots=True)
class Read:
    """One page as a child has read it."""

    image: Path
    lines: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is to do: open these pages, wait until all have, read them."""

    images: list[Path]
    on_gpu: bool


class Children:
    """Processes that hold their engines and read when told."""

    def __init__(self, connections: list[Connection]) -> None:
        self._connections = connections

    def read(self, shares: Sequence[Task], meanwhile: Callable[[], None]) -> tuple[list[Read], float]:
        """Have as many children as there are shares read theirs; returns the pages and the wall seconds."""
        connections = self._connections[: len(shares)]
        for connection, task in zip(connections, shares, strict=True):
            connection.send(task)
        for connection in connections:
            _receive(connection)
        started = time.perf_counter()
        for connection in connections:
            connection.send("go")
        while not all(connection.poll(0) for connection in connections):
            meanwhile()
            time.sleep(0.05)
            if time.perf_counter() - started > CHILD_S:
                raise TimeoutError(f"children took longer than {CHILD_S:.0f} s")
        wall_s = time.perf_counter() - started
        return [read for connection in connections for read in connection.recv()], wall_s


@contextmanager
def children(count: int, socket_path: Path | None) -> Iterator[Children]:
    """Start so many children and wait until each has opened its engines."""
    context = get_context("spawn")
    pipes = [context.Pipe() for _ in range(count)]
    processes = [context.Process(target=_live, args=(theirs, socket_path), daemon=True) for _, theirs in pipes]
    for process in processes:
        process.start()
    try:
        for ours, _ in pipes:
            _receive(ours)
        yield Children([ours for ours, _ in pipes])
    finally:
        for process in processes:
            process.kill()


def _receive(connection: Connection) -> None:
    if not connection.poll(CHILD_S):
        raise TimeoutError(f"a child was not ready within {CHILD_S:.0f} s")
    connection.recv()


def _live(connection: Connection, socket_path: Path | None) -> None:
    settings = Settings(_env_file=None, ocr_threads=1)
    engines = {False: open_engine("rapidocr", settings)}
    if socket_path:
        engines[True] = open_engine("rapidocr", settings, socket_path)
    connection.send("ready")
    while True:
        task: Task = connection.recv()
        pages = [open_page(image) for image in task.images]
        connection.send("opened")
        connection.recv()
        read = []
        for image, page in zip(task.images, pages, strict=True):
            started = time.perf_counter()
            lines = [line.text for line in engines[task.on_gpu].read(page)]
            read.append(Read(image, lines, time.perf_counter() - started))
        connection.send(read)
