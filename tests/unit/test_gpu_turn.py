"""All networks of a GPU together: one thread runs them, some plan, and a lack of memory costs as little as it can."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from config.settings import Settings
from workers.ocr.ask import Numbers
from workers.ocr.cuda import networks, session
from workers.ocr.cuda.networks import Networks, planners
from workers.ocr.cuda.planner import Planner
from workers.ocr.cuda.session import OutOfMemory
from workers.ocr.cuda.shapes import AT_START, SOON, Shape
from workers.ocr.cuda.wire import CudaPlan, Stage

ROOM = 1000


class Gpu:
    """Each session holds 10 of its memory, and a run as much as it has lines."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.sessions = 0
        self.threads: list[str] = []
        self.started = threading.Event()
        self.goes_on = threading.Event()
        self.goes_on.set()

    def open_session(self, content: bytes) -> "Session":
        return Session(self)


class Session:
    """One that is played."""

    name = "x"

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        gpu.sessions += 1

    def __del__(self) -> None:
        self._gpu.sessions -= 1

    def get_inputs(self) -> list["Session"]:
        return [self]

    get_outputs = get_inputs

    def run(self, outputs: list[str], inputs: dict[str, Numbers]) -> list[Numbers]:
        self._gpu.threads.append(threading.current_thread().name)
        self._gpu.started.set()
        self._gpu.goes_on.wait(10)
        if 10 * self._gpu.sessions + len(inputs["x"]) > self._gpu.room:
            raise RuntimeError("Available memory of 0 is smaller than requested bytes of 512")
        return [inputs["x"][:, 0, 0, :1]]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    gpu = Gpu(ROOM)
    monkeypatch.setattr(session, "open_session", gpu.open_session)
    monkeypatch.setattr(networks, "share_arena", lambda limit_bytes: None)
    monkeypatch.setattr(networks, "AT_START", ())
    monkeypatch.setattr(networks, "SOON", ())
    return gpu


@pytest.fixture
def plan() -> CudaPlan:
    return CudaPlan.of(Settings(_env_file=None), listen_fd=0, parent_pid=0, log_level=0)


def page(lines: int = 1, width: int = 320) -> Numbers:
    return np.zeros((lines, 3, 48, width), np.float32)


def test_however_many_ask_one_thread_runs_what_is_planned(gpu: Gpu, plan: CudaPlan) -> None:
    all_of_them = Networks(plan)
    all_of_them.run("detect", page())
    gpu.threads.clear()
    with ThreadPoolExecutor(8) as children:
        list(children.map(lambda _: all_of_them.run("detect", page()), range(32)))
    assert set(gpu.threads) == {"turn_0"}
    assert all_of_them.facts().new_shapes == 1
    assert all_of_them.facts().runs == 33


def test_coarse_lines_are_planned_after_the_start_and_nobody_waits(
    gpu: Gpu, plan: CudaPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "SOON", SOON)
    gpu.goes_on.clear()
    all_of_them = Networks(plan)
    assert gpu.started.wait(10)
    gpu.goes_on.set()
    all_of_them.run("detect", page())
    deadline = time.monotonic() + 10
    while all_of_them.facts().new_shapes < 1 + len(SOON):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for stage, shape in SOON:
        all_of_them.run(stage, np.zeros(shape, np.float32))
    assert all_of_them.facts().new_shapes == 1 + len(SOON)


def test_where_memory_lacks_batches_are_halved_and_what_is_planned_is_kept(gpu: Gpu, plan: CudaPlan) -> None:
    all_of_them = Networks(plan)
    for width in (320, 480, 640):
        all_of_them.run("recognise", page(8, width))
    gpu.room = 45
    assert len(all_of_them.run("recognise", page(16, 960))) == 16
    facts = all_of_them.facts()
    assert (facts.lowered, facts.given_up) == (2, 0)


def test_for_a_page_the_sessions_used_least_are_given_up_one_by_one(gpu: Gpu, plan: CudaPlan) -> None:
    all_of_them = Networks(plan)
    for width in (320, 480, 640):
        all_of_them.run("detect", page(1, width))
    all_of_them.run("detect", page(1, 320))
    gpu.room = 31
    all_of_them.run("detect", page(1, 960))
    before = all_of_them.facts()
    assert before.given_up == 1
    all_of_them.run("detect", page(1, 640))
    all_of_them.run("detect", page(1, 320))
    assert all_of_them.facts().new_shapes == before.new_shapes


def test_what_finds_no_memory_at_all_says_so_and_the_next_is_read(gpu: Gpu, plan: CudaPlan) -> None:
    all_of_them = Networks(plan)
    gpu.room = 5
    with pytest.raises(OutOfMemory):
        all_of_them.run("recognise", page(16))
    gpu.room = ROOM
    assert len(all_of_them.run("recognise", page(16))) == 16


@pytest.fixture
def held_planner() -> Iterator[tuple[Planner, threading.Event, list[Shape]]]:
    goes_on, planned = threading.Event(), list[Shape]()

    def plan(stage: Stage, shape: Shape) -> None:
        goes_on.wait(10)
        planned.append(shape)

    yield Planner(plan, 2), goes_on, planned
    goes_on.set()


def test_a_shape_that_many_wait_for_is_planned_once(
    held_planner: tuple[Planner, threading.Event, list[Shape]],
) -> None:
    planner, goes_on, planned = held_planner
    waiting = [planner.begin("detect", (1, 3, 32, 32)) for _ in range(5)]
    goes_on.set()
    for each in waiting:
        each.result(10)
    assert planned == [(1, 3, 32, 32)]


def test_settling_waits_for_what_is_planned_and_says_whether_anything_was(
    held_planner: tuple[Planner, threading.Event, list[Shape]],
) -> None:
    planner, goes_on, planned = held_planner
    assert not planner.settle()
    planner.begin("detect", (1, 3, 32, 32))
    threading.Timer(0.05, goes_on.set).start()
    assert planner.settle()
    assert planned


def test_the_least_memory_that_settings_allow_lets_one_shape_be_planned_beside_a_run() -> None:
    least = next(each.ge for each in Settings.model_fields["ocr_gpu_mib"].metadata if hasattr(each, "ge"))
    assert planners(least) >= 2
    assert planners(Settings(_env_file=None).ocr_gpu_mib) == 4


def test_all_shapes_of_lines_have_a_place_beside_some_sizes_of_pages() -> None:
    assert len(AT_START + SOON) + 8 <= networks.MOST_SESSIONS
