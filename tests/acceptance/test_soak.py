"""The engine over many requests: its memory stays flat, and none goes unanswered."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from config.settings import Settings
from samples.stack import packaged_model
from workers.llm import Choice, Message
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.models import find_model

pytestmark = pytest.mark.prove

REQUESTS, SETTLED_AFTER, CLIENTS = 10_000, 2_000, 4
#: What the allocator may still add after so many requests, in MiB. A request that leaked 10 KiB would show 80.
SLACK_MIB = 24


@pytest.fixture
def service(tmp_path: Path) -> Iterator[EngineService]:
    settings = Settings(_env_file=None, file_model_path=packaged_model(), work_dir=tmp_path, engine_answers_kept=500)
    with closing(EngineService(find_model(settings), settings, None)) as service:
        service.start()
        yield service


@pytest.mark.timeout(3600)
def test_memory_stays_flat_over_ten_thousand_requests(service: EngineService) -> None:
    with closing(EngineClient(service.socket_path, 600)) as client:
        engine = psutil.Process(client.info().pid)
    local = threading.local()
    opened: list[EngineClient] = []

    def ask(number: int) -> None:
        if not hasattr(local, "client"):
            local.client = EngineClient(service.socket_path, 600)
            opened.append(local.client)
        if number % 10:
            (scores,) = local.client.score((Choice(f"No {number}", (" a", " b")),))
            assert len(scores) == 2
        else:
            assert local.client.complete((Message("user", str(number)),), draft="1", max_tokens=2).output_tokens

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, range(SETTLED_AFTER)))
        settled = engine.memory_info().rss
        list(pool.map(ask, range(SETTLED_AFTER, REQUESTS)))
        grown_mib = (engine.memory_info().rss - settled) / (1 << 20)
    for client in opened:
        client.close()
    assert service.status().starts == 1, "the engine did not crash on its way"
    assert grown_mib < SLACK_MIB, f"{grown_mib:.0f} MiB"
    print(f"grown by {grown_mib:.1f} MiB over {REQUESTS - SETTLED_AFTER} requests, from {settled >> 20} MiB")  # noqa: T201
