"""What one decode costs by its rows: the number that decides how long a draft pays."""

import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

from bench.contender import Setting
from bench.own import plan
from workers.llm.engine import Engine
from workers.llm.row import Row

ROWS = (1, 2, 4, 8, 16, 32, 64, 128)
#: Tokens in the cache before: a prompt and half an answer.
FILLED = 768
REPEATS = 5
TOKEN = 9


def cost_of_rows(setting: Setting) -> dict[int, float]:
    """Milliseconds of a decode with so many rows that all want logits; in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_measure, setting).result()


def _measure(setting: Setting) -> dict[int, float]:
    context = Engine(plan(setting, slots=1)).context
    for start in range(0, FILLED, 256):
        context.decode([Row(TOKEN + place, place, 0, False) for place in range(start, start + 256)])

    def timed(rows: int) -> float:
        started = time.perf_counter()
        context.decode([Row(TOKEN, FILLED + row, 0, True) for row in range(rows)])
        took_s = time.perf_counter() - started
        context.forget(0, FILLED)
        return 1000 * took_s

    return {rows: round(statistics.median(timed(rows) for _ in range(REPEATS)), 2) for rows in ROWS}
