"""What one decode costs by its rows: the number that decides how long a draft pays."""

import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

from bench.contender import Setting
from bench.own import plan
from workers.llm.engine import Engine
from workers.llm.row import Row

ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
#: So many of them belong to one answer.
ROWS_OF_ANSWER = 32
#: Tokens in the cache before: a prompt and half an answer.
FILLED = 768
REPEATS = 5
TOKEN = 9


def cost_of_rows(setting: Setting) -> dict[int, float]:
    """Milliseconds of a decode with so many rows that all want logits; in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_measure, setting).result()


def _measure(setting: Setting) -> dict[int, float]:
    answers = max(ROWS) // ROWS_OF_ANSWER
    context = Engine(plan(setting, slots=answers)).lanes[0].context
    for start in range(0, FILLED, 256):
        context.decode([Row(TOKEN + place, place, 0, False) for place in range(start, start + 256)])
    for answer in range(1, answers):
        context.share(0, answer, FILLED)

    def timed(count: int) -> float:
        rows = [Row(TOKEN, FILLED + row % ROWS_OF_ANSWER, row // ROWS_OF_ANSWER, True) for row in range(count)]
        started = time.perf_counter()
        context.decode(rows)
        took_s = time.perf_counter() - started
        for answer in range(answers):
            context.forget(answer, FILLED)
        return 1000 * took_s

    return {rows: round(statistics.median(timed(rows) for _ in range(REPEATS)), 2) for rows in ROWS}
