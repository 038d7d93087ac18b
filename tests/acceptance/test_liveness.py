"""A worker goes on consuming after whatever happens to its connection, and a stalled consumer is noticed."""

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from bench.proxy import Proxy, proxy
from samples.local_redis import LocalRedis, local_redis
from samples.stack import running
from tests.acceptance.conftest import Fleet
from tests.drawn_page import draw_blanks

#: Longer than a lease.
AWAY_S = 8.0


def test_a_stalled_consumer_is_noticed_and_connects_anew(fleet: Any, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with running(["tests.stalled_worker", "ONCE", "run", "--gpu", "cpu"], fleet.settings, log) as worker:
        fleet.submit(draw_blanks(tmp_path / "documents", 10), engine="null", mode="off")
        assert fleet.wait_until_finished(120)["done"] == 10, log.read_text()
        assert worker.poll() is None
    assert "event=node.stalled" in log.read_text()


@pytest.mark.prove
def test_a_worker_whose_consumer_stalls_for_good_ends_to_be_started_again(fleet: Any, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with running(["tests.stalled_worker", "ALWAYS", "run", "--gpu", "cpu"], fleet.settings, log) as worker:
        fleet.submit(draw_blanks(tmp_path / "documents", 10), engine="null", mode="off")
        assert worker.wait(180) == 75, log.read_text()


def restart(server: LocalRedis, network: Proxy) -> None:
    server.restart()


def pause(server: LocalRedis, network: Proxy) -> None:
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(AWAY_S)
    server.process.send_signal(signal.SIGCONT)


def cut_and_reset(server: LocalRedis, network: Proxy) -> None:
    network.cut()
    time.sleep(AWAY_S)
    network.heal(reset=True)


def lose_connections_in_silence(server: LocalRedis, network: Proxy) -> None:
    network.forget()


@pytest.mark.prove
@pytest.mark.parametrize("trouble", [restart, pause, cut_and_reset, lose_connections_in_silence])
def test_a_worker_goes_on_consuming_after_trouble_with_its_connection(
    tmp_path: Path, trouble: Callable[[LocalRedis, Proxy], None]
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(local_redis(tmp_path / "redis", append_only=True))
        network = stack.enter_context(proxy(server.port))
        fleet = stack.enter_context(closing(Fleet(server.url, tmp_path)))
        behind = server.url.replace(f":{server.port}/", f":{network.port}/")
        worker = fleet.start_worker("--concurrency", "2", redis_url=behind)
        for round_number in range(2):
            documents = draw_blanks(tmp_path / f"documents-{round_number}", 20 * (round_number + 1))
            fleet.submit(documents, engine="null", mode="off", batch=f"round-{round_number}")
            trouble(server, network)
            assert fleet.wait_until_finished(150, batch=f"round-{round_number}")["failed"] == 0
        assert worker.poll() is None
