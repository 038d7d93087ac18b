"""Whether a question costs more when more are asked at once: `python -m bench.growth --model FILE --data DIR --json`.

The questions of bench.correction, forced to the true text, again and again until there are as many as `--numbers`
says, each with a heading of its own, so that none is known or shared beyond what all begin with.
"""

import dataclasses
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench import machine
from bench.contender import Setting
from bench.own import Features, Own
from bench.question import Question, questions, read_pages
from config.settings import Settings
from jobs.prompt import read_prompt
from workers.machine.gpu import resolve_gpu


def main(
    model: Annotated[Path, typer.Option(help="GGUF file.", exists=True)],
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    numbers: Annotated[str, typer.Option(help="So many questions at once.")] = "10,100,1000",
    limit: Annotated[int, typer.Option(help="Pages that the questions are of.")] = 4,
    gpu: Annotated[str, typer.Option(help="cpu, auto, an index or a UUID.")] = "cpu",
    lines: Annotated[Path | None, typer.Option(help="Folder to keep what OCR read, and to take it from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Measure the seconds of a question by the number of questions in flight."""
    settings, device = Settings(file_model_path=model), resolve_gpu(gpu)
    setting = Setting.on(settings, model, device, max_tokens=0)
    pages = read_pages(data, limit, settings, lines)
    asked = list(questions(pages, read_prompt("finance")[1]))
    ours = Own(setting, Features())
    report = {
        "machine": machine.describe(),
        "model": model.name,
        "in_flight": setting.in_flight,
        "by_number": {number: _cost(ours, asked, number) for number in map(int, numbers.split(","))},
    }
    typer.echo(json.dumps(report) if as_json else str(report))


def _cost(ours: Own, asked: Sequence[Question], number: int) -> dict[str, float]:
    run = ours.run(list(itertools.islice(_distinct(asked), number)), forced=True)
    return {
        "wall_ms_a_question": round(1000 * run.wall_s / number, 2),
        "cpu_ms_a_question": round(1000 * run.cpu_s / number, 2),
        "tokens_per_s": round(run.output_tokens / run.wall_s, 1),
    }


def _distinct(asked: Sequence[Question]) -> Iterator[Question]:
    for number in itertools.count():
        for each in asked:
            *before, last = each.messages
            headed = dataclasses.replace(last, content=f"Batch {number}\n{last.content}")
            yield dataclasses.replace(each, messages=(*before, headed))


if __name__ == "__main__":
    typer.run(main)
