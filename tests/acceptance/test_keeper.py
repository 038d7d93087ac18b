"""What the keeper promises: kills, crashes, frees and lacks of memory, done to real processes."""

import dataclasses
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from config.settings import Settings
from jobs.errors import EngineUnavailable, ModelError, UsageError
from samples.stack import packaged_model
from workers.llm import Choice, Message
from workers.llm import service as service_module
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.machine.gpu import Gpu
from workers.models import ModelFile, find_model

QUESTION = (Choice("The sky is", (" blue", " b1ue")),)
LONG_CHAT = (Message("user", "Write a long story about invoices."),)
StartService = Callable[..., EngineService]
#: Of which NVML tells nothing: the engine starts without a layer on it.
NO_SUCH_GPU = Gpu(0, "GPU-00000000-no-such-gpu", "test")

#: Fails as an engine on too small a GPU does, until it is given few enough layers; then it is the real engine.
SMALL_GPU = """
import json, os, sys
plan = json.loads(sys.argv[1])
with open({tried!r}, "a") as file:
    print(plan["gpu_layers"], plan["slots"], os.environ["CUDA_VISIBLE_DEVICES"], file=file)
if plan["gpu_layers"] > 6:
    sys.exit(3)
os.execv(sys.executable, [sys.executable, "-m", "workers.llm.process", sys.argv[1]])
"""

#: The real engine, where the CPU's special instructions can't be used: it ends as {how} says.
NO_EXTRAS = """
import json, os, sys
if json.loads(sys.argv[1])["cpu_extras"]:
    {how}
os.execv(sys.executable, [sys.executable, "-m", "workers.llm.process", sys.argv[1]])
"""

#: The real engine, but a decode with more than one page's room finds no memory once the engine is warm.
OUT_OF_MEMORY_IN_FLIGHT = """
from functools import partial
from workers.llm import process
from workers.llm.engine import Engine
from workers.llm.lane import Lane
from workers.llm.native import OutOfMemory

class Greedy(Lane):
    def step(self):
        super().step()
        if self.plan.slots > 1:
            raise OutOfMemory("out of memory")

process.Engine = partial(Engine, lane=Greedy)
process.main()
"""

#: A worker's main process, and a child of it that outlives it, as an OCR child in the middle of a page does.
PARENT = """
import os, sys, time
from pathlib import Path
from config.settings import Settings
from workers.llm.service import EngineService
from workers.models import ModelFile, find_model
settings = Settings(_env_file=None, file_model_path=Path(sys.argv[1]), work_dir=Path(sys.argv[2]))
service = EngineService(find_model(settings), settings, None)
service.start()
child = os.fork()
if child:
    print(service.keeper_pid, service.status().engine_pid, child, flush=True)
time.sleep(600)
"""


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[StartService]:
    with ExitStack() as stack:

        def make(
            gpu: Gpu | None = None, engine_command: tuple[str, ...] | None = None, **changes: object
        ) -> EngineService:
            settings = Settings(
                _env_file=None, **{"file_model_path": packaged_model(), "work_dir": tmp_path, **changes}
            )
            options = {"engine_command": engine_command} if engine_command else {}
            return stack.enter_context(closing(EngineService(find_model(settings), settings, gpu, **options)))

        yield make


@pytest.fixture
def service(make_service: StartService) -> EngineService:
    service = make_service()
    service.start()
    return service


@pytest.fixture
def client(service: EngineService) -> Iterator[EngineClient]:
    with closing(EngineClient(service.socket_path, 60)) as client:
        yield client


def wait_until(met: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def model_at(service: EngineService, path: Path) -> ModelFile:
    return dataclasses.replace(service.model, path=path)


def ended(process: psutil.Process) -> bool:
    """Whether it holds nothing any more; who reaps an orphan, and when, is the machine's business."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def answers(client: EngineClient) -> bool:
    try:
        return bool(client.score(QUESTION))
    except ModelError:
        return False


def test_a_request_survives_the_death_of_the_engine_that_had_it(service: EngineService, client: EngineClient) -> None:
    engine = psutil.Process(service.status().engine_pid)
    quiet = engine.cpu_times().user
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.complete, LONG_CHAT, draft="", max_tokens=80)
        assert wait_until(lambda: engine.cpu_times().user > quiet + 0.1, 30), "the engine never began"
        assert not asked.done()
        engine.kill()
        assert asked.result(60).output_tokens > 0
    assert service.status().engine_pid not in (None, engine.pid)


def test_nothing_outlives_a_killed_parent_though_its_children_do(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(packaged_model()), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        keeper, engine, child = (psutil.Process(int(pid)) for pid in parent.stdout.readline().split())
        parent.kill()
        try:
            assert wait_until(lambda: ended(keeper) and ended(engine), 2)
            assert not ended(child)
            assert wait_until(lambda: not list(tmp_path.glob("ocrfleet-*")), 2), "the socket was left behind"
        finally:
            child.kill()


def test_the_engine_dies_with_a_killed_keeper_and_both_are_revived(
    service: EngineService, client: EngineClient
) -> None:
    keeper, engine = psutil.Process(service.keeper_pid), psutil.Process(service.status().engine_pid)
    keeper.kill()
    assert wait_until(lambda: ended(engine), 2)
    assert wait_until(lambda: service.keeper_pid is None, 2)
    service.revive()
    assert client.score(QUESTION)
    assert service.keeper_pid not in (None, keeper.pid)


def test_a_keeper_that_is_killed_while_the_model_loads_is_revived(make_service: StartService) -> None:
    service = make_service()

    def kill_first_keeper() -> int:
        assert wait_until(lambda: service.keeper_pid is not None, 30)
        keeper = psutil.Process(service.keeper_pid)
        keeper.kill()
        return keeper.pid

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_first_keeper)
        service.start()
        assert service.keeper_pid not in (None, killing.result(30))


def test_freeing_ends_the_engine_and_the_next_question_loads_it_again(
    service: EngineService, client: EngineClient
) -> None:
    before = client.score(QUESTION)
    engine = psutil.Process(service.status().engine_pid)
    figures = service.free()
    assert not engine.is_running()
    assert "MiB" in figures["before"]
    assert figures["after"].startswith("0 MiB")
    service.free()
    assert service.status().engine_pid is None
    assert client.score(QUESTION)[0] == pytest.approx(before[0], abs=0.5)
    assert service.status().engine_pid not in (None, engine.pid)


def test_an_idle_engine_ends_and_the_next_question_loads_it_again(make_service: StartService) -> None:
    service = make_service(engine_idle_s=0.3)
    with closing(EngineClient(service.start(), 60)) as client:
        for _ in range(2):  # the second time the client is connected, as a worker's children are
            assert wait_until(lambda: service.status().engine_pid is None, 10)
            assert client.score(QUESTION)


def test_stopping_ends_all_and_may_be_repeated(service: EngineService, client: EngineClient) -> None:
    processes = [psutil.Process(service.keeper_pid), psutil.Process(service.status().engine_pid)]
    folder = service.socket_path.parent
    service.stop()
    assert all(ended(process) for process in processes)
    assert not folder.exists()
    service.stop()
    assert service.free() == {}
    with pytest.raises(EngineUnavailable, match="stopped"):
        service.facts()
    with pytest.raises(EngineUnavailable, match="stopped"):
        client.score(QUESTION)


def test_a_file_that_is_no_model_is_named_promptly(
    make_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service()
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(packaged_model().read_bytes()[:5000])
    monkeypatch.setattr(service, "model", model_at(service, broken))
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"broken\.gguf"):
        service.start()
    assert time.monotonic() - started < 20
    assert service.keeper_pid is None


@pytest.mark.parametrize("gpu", [None, NO_SUCH_GPU], ids=["on the CPU", "sized by the GPU's memory"])
def test_clients_that_wait_are_told_when_the_model_becomes_unusable(
    gpu: Gpu | None, make_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.gguf"
    model.symlink_to(packaged_model())
    service = make_service(gpu)
    monkeypatch.setattr(service, "model", model_at(service, model))
    with closing(EngineClient(service.start(), 60)) as client:
        service.free()
        model.unlink()
        with pytest.raises(ModelError, match=r"model\.gguf"):
            client.score(QUESTION)
        model.symlink_to(packaged_model())
        assert wait_until(lambda: answers(client), 20), "the mended model was not tried again"


def test_lack_of_gpu_memory_takes_pages_in_flight_and_then_layers_until_they_fit(
    make_service: StartService, tmp_path: Path
) -> None:
    tried, engine = tmp_path / "tried", tmp_path / "engine.py"
    engine.write_text(SMALL_GPU.format(tried=str(tried)))
    service = make_service(NO_SUCH_GPU, (sys.executable, str(engine)), gpu_layers=20)
    service.start()
    sizes = [line.split() for line in tried.read_text().splitlines()]
    assert [(int(layers), int(slots)) for layers, slots, _ in sizes] == [(20, 32), (20, 4), (10, 4), (5, 4)]
    assert {uuid for _, _, uuid in sizes} == {NO_SUCH_GPU.uuid}


@pytest.mark.parametrize("how", ["os.abort()", "sys.exit(3)"], ids=["it crashes", "memory lacks"])
def test_where_the_cpus_special_instructions_cant_be_used_the_engine_does_without(
    how: str, make_service: StartService, tmp_path: Path
) -> None:
    engine = tmp_path / "engine.py"
    engine.write_text(NO_EXTRAS.format(how=how))
    service = make_service(None, (sys.executable, str(engine)))
    with closing(EngineClient(service.start(), 120)) as client:
        assert client.score(QUESTION)
    assert service.status().starts == 2


def test_an_engine_that_runs_out_of_memory_in_flight_goes_on_smaller(
    make_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "SLOTS_ON_CPU", 2)
    engine = tmp_path / "engine.py"
    engine.write_text(OUT_OF_MEMORY_IN_FLIGHT)
    service = make_service(None, (sys.executable, str(engine)))
    service.start()
    before = service.status()
    with closing(EngineClient(service.socket_path, 120)) as client:
        assert client.score(QUESTION)
        assert (before.slots, client.info().slots) == (2, 1)
    assert service.status().starts == before.starts + 1


def test_an_engine_that_never_gets_warm_is_ended_and_told(make_service: StartService) -> None:
    service = make_service(None, (sys.executable, "-c", "import time; time.sleep(600)"), engine_start_timeout_s=1.5)
    with pytest.raises((ModelError, EngineUnavailable), match="engine_start_timeout_s"):
        service.start()
    assert service.keeper_pid is None


def test_an_engine_that_always_crashes_is_told_after_some_tries(
    make_service: StartService, caplog: pytest.LogCaptureFixture
) -> None:
    service = make_service(None, (sys.executable, "-c", "import os; os.abort()"))
    with caplog.at_level(logging.INFO), pytest.raises(ModelError, match="SIGABRT"):
        service.start()


def test_a_term_signal_ends_keeper_and_engine(service: EngineService) -> None:
    processes = [psutil.Process(service.keeper_pid), psutil.Process(service.status().engine_pid)]
    os.kill(processes[0].pid, signal.SIGTERM)
    assert wait_until(lambda: service.keeper_pid is None, 2)
    assert wait_until(lambda: all(ended(process) for process in processes), 2)


def test_a_folder_too_deep_for_a_socket_is_named(make_service: StartService, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with pytest.raises(UsageError, match="OCRFLEET_WORK_DIR"):
        make_service(work_dir=deep).start()
    assert list(deep.iterdir()) == []
