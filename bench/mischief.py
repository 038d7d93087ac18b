"""What bench.chaos does to a running fleet, one act at a time, chosen by a seeded die."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random

import psutil

from bench.proxy import Proxy, proxy
from samples.local_redis import LocalRedis
from samples.stack import running

#: Chances of each act in a hundred.
ACTS = {"worker": 15, "child": 25, "keeper": 10, "engine": 15, "freeze": 12, "redis": 10, "partition": 13}


class Victim:
    """One worker behind its own network. Started again when it has ended, as an init system would."""

    def __init__(self, name: str, redis: LocalRedis, settings: Mapping[str, object], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._open = ExitStack()
        self.network: Proxy = self._open.enter_context(proxy(redis.port))
        url = redis.url.replace(f":{redis.port}/", f":{self.network.port}/")
        self._settings = {**settings, "redis_url": url}
        self._life = ExitStack()
        self.process: psutil.Process | None = None

    def start(self) -> None:
        """Start it. It takes jobs when its model is warm; nobody waits for that."""
        self._life.close()
        command = ["bench.chaos_worker", "run", "--gpu", "cpu", "--concurrency", "2", "--name", self.name]
        started = self._life.enter_context(running(command, self._settings, self.log))
        self.process = psutil.Process(started.pid)

    @property
    def lives(self) -> bool:
        """Whether its main process runs."""
        return self.process is not None and self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE

    def processes(self, kind: str) -> list[psutil.Process]:
        """Find its processes of a kind: worker, child, keeper, engine."""
        if not self.lives or self.process is None:
            return []
        children = self.process.children()
        keepers = [child for child in children if "workers.llm.keeper" in child.cmdline()]
        return {
            "worker": [self.process],
            "keeper": keepers,
            "engine": [engine for keeper in keepers for engine in keeper.children()],
            "child": [child for child in children if child not in keepers],
        }[kind]

    def close(self) -> None:
        """Stop it and its network."""
        self._life.close()
        self._open.close()


class Mischief:
    """Acts on the victims and on Redis, and counts what it did."""

    def __init__(self, victims: list[Victim], redis: LocalRedis, lease_s: float, die: Random) -> None:
        self.done: Counter[str] = Counter()
        self._killed: list[tuple[float, Victim]] = []
        self._victims, self._redis, self._lease_s, self._die = victims, redis, lease_s, die

    def act(self) -> None:
        """Do one thing. Freezes and partitions outlast a lease and mend themselves, later."""
        (kind,) = self._die.choices(list(ACTS), list(ACTS.values()))
        victim = self._die.choice(self._victims)
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself a moment ago
            if kind == "redis":
                self._redis.restart()
            elif kind == "partition":
                self._cut(victim.network)
            elif kind == "freeze":
                self._freeze(victim.processes(self._die.choice(["worker", "child"])))
            elif not self._kill(victim, kind):
                return
            self.done[kind] += 1

    def take_killed(self) -> list[tuple[float, Victim]]:
        """Hand over the workers that were killed since the last call: when, and which."""
        killed, self._killed = self._killed, []
        return killed

    def _kill(self, victim: Victim, kind: str) -> bool:
        found = victim.processes(kind)
        if found:
            if kind == "worker":
                self._killed.append((time.time(), victim))
            self._die.choice(found).kill()
        return bool(found)

    def _freeze(self, found: list[psutil.Process]) -> None:
        if found:
            frozen = self._die.choice(found)
            frozen.suspend()
            self._later(lambda: _resume(frozen))

    def _cut(self, network: Proxy) -> None:
        reset = self._die.random() < 0.5
        network.cut()
        self._later(lambda: network.heal(reset=reset))

    def _later(self, mend: Callable[[], None]) -> None:
        timer = threading.Timer(2 * self._lease_s, mend)
        timer.daemon = True
        timer.start()


def _resume(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.resume()


@contextlib.contextmanager
def fleet_of(count: int, redis: LocalRedis, settings: Mapping[str, object], folder: Path) -> Iterator[list[Victim]]:
    """Run so many workers until the context ends."""
    victims = [Victim(f"w{number}", redis, settings, folder) for number in range(count)]
    try:
        for victim in victims:
            victim.start()
        yield victims
    finally:
        for victim in victims:
            victim.close()
