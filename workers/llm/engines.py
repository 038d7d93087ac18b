"""The engines of one worker: one service for each of its GPUs, or one on the CPU. Children are spread over them."""

from collections.abc import Iterator
from pathlib import Path

from workers.llm.service import EngineService


class Engines:
    """Services that start and end together."""

    def __init__(self, services: tuple[EngineService, ...]) -> None:
        self._services = services

    def __iter__(self) -> Iterator[EngineService]:
        return iter(self._services)

    def launch(self) -> None:
        """Start all; they load at the same time. From the main thread; see EngineService.launch."""
        for service in self:
            service.launch()

    def warm_up(self) -> None:
        """Wait until each model is warm; see EngineService.warm_up."""
        for service in self:
            service.warm_up()

    def socket_path(self, child: int) -> Path:
        """Where a child connects, by its place in the pool: to each engine as many, but for one."""
        return self._services[child % len(self._services)].socket_path

    def revive(self) -> None:
        """Start the keepers that something has killed. Idempotent; for the worker's timer."""
        for service in self:
            service.revive()

    def free(self) -> dict[str, str]:
        """End all engines until the next page; see EngineService.free."""
        if len(self._services) == 1:
            return self._services[0].free()
        return {f"{service.device}, {when}": said for service in self for when, said in service.free().items()}

    def facts(self) -> dict[str, dict[str, object]]:
        """What each engine is and has done, by device; see EngineService.facts."""
        return {service.device: service.facts() for service in self}

    def stop(self) -> None:
        """End all for good. Idempotent."""
        for service in self:
            service.stop()

    close = stop
