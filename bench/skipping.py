"""Whole pages in the default mode, which asks the model about doubtful lines only: how fast, how much, how well."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import psutil

from bench.match import match
from bench.question import Page
from bench.tally import Tally
from config.settings import Settings
from jobs.contract import Recipe
from workers.corrector import correct_page
from workers.llm.client import EngineClient
from workers.llm.service import EngineService
from workers.machine.gpu import Gpu
from workers.models import find_model
from workers.vocabulary import load_lexicon


@dataclass(frozen=True, slots=True)
class Corrected:
    """One run over all pages."""

    wall_s: float
    cpu_s: float  # of this process and the engine's
    tally: Tally


class Skipping:
    """The default mode, through a real engine service."""

    def __init__(self, client: EngineClient, engine: psutil.Process) -> None:
        self._client, self._engine = client, engine

    @classmethod
    @contextmanager
    def on(cls, settings: Settings, gpu: Gpu | None) -> Iterator["Skipping"]:
        """Start the engine, and stop it in the end."""
        load_lexicon()  # once per process; not what a page takes
        with ExitStack() as stack:
            service = stack.enter_context(closing(EngineService(find_model(settings), settings, gpu)))
            client = stack.enter_context(closing(EngineClient(service.start(), settings.ask_timeout_s)))
            yield cls(client, psutil.Process(client.info().pid))

    def run(self, pages: Sequence[Page]) -> Corrected:
        """Correct all pages, one after the other."""
        wall, cpu = time.perf_counter(), self._cpu_s()
        corrected = [correct_page(reading.lines, Recipe(), self._client) for _, reading in pages]
        wall_s, cpu_s = time.perf_counter() - wall, self._cpu_s() - cpu
        tally = Tally(pages=len(pages))
        for (scan, _), lines in zip(pages, corrected, strict=True):
            found = match([line.raw for line in lines], scan.truth.read_text(encoding="utf-8"))
            for line, truth in zip(lines, found.truths, strict=True):
                tally.add(line, truth)
        return Corrected(wall_s, cpu_s, tally)

    def _cpu_s(self) -> float:
        times = self._engine.cpu_times()
        return time.process_time() + float(times.user + times.system)
