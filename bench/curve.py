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
    """Milliseconds of a decode with so many rows that all tell their likeliest token; in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_measure, setting).result()


def _measure(setting: Setting) -> dict[int, float]:
    engine = Engine(plan(setting, slots=max(ROWS) // ROWS_OF_ANSWER))
    context, pens = engine.context, engine.pens
    for start in range(0, FILLED, 256):
        context.decode([Row(TOKEN + place, place, pens[0], False) for place in range(start, start + 256)])
    for pen in pens[1:]:
        context.share(pens[0], pen, FILLED)

    def timed(count: int) -> float:
        places = (divmod(row, ROWS_OF_ANSWER) for row in range(count))
        rows = [Row(TOKEN, FILLED + place, pens[answer], True) for answer, place in places]
        started = time.perf_counter()
        outputs = context.decode(rows)
        for place in range(count):
            outputs.likeliest(place)
        took_s = time.perf_counter() - started
        for pen in pens:
            context.forget(pen, FILLED)
        return 1000 * took_s

    return {rows: round(statistics.median(timed(rows) for _ in range(REPEATS)), 2) for rows in ROWS}
