"""How fast the correction is: `python -m bench.correction --model FILE --data DIR [--limit N] [--runs N] --json`.

DIR holds NAME.jpg or NAME.png with NAME.txt, the page's true text, and above them perhaps an index.json that names
each scan's level of noise (then `light` and `medium` ones are taken). Their lines, as RapidOCR reads them, are asked
about under the product's prompt, greedily, by `Llama.create_chat_completion` (naive), llama.cpp's own server without
and with its n-gram speculation (bench/llama_server.sh builds it), and our engine with all features and without some.

forced: each is held to the true text, token by token, since small models do not correct; so speed is compared on
correcting output. free: each writes what its model likes, up to `--tokens`. Runs alternate. Ratios are of CPU seconds
on a CPU and of wall time on a GPU, by token; each contender has the same threads, context, batch sizes and flash
attention. Who answers one question after the other may be given the first `--alone` pages only: a full batch of a GPU
wants a hundred questions, of which the naive way would need a minute.

The server is forced by a grammar, and searches the vocabulary anew at each token that the model would not write: with
`--random` weights those are all, and it came to 41 tokens a second where it writes freely at 20 times that (H100).
"""

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench import machine
from bench.contender import Run, Setting
from bench.curve import cost_of_rows
from bench.greedy import same_as_greedy
from bench.question import questions, read_pages
from bench.rounds import ALONE, NAIVE, NAMES, NO_DRAFTS, ONE_BY_ONE, OURS, PLAIN, SERVER, SERVERS, Contest, Rounds
from bench.skipping import Corrected, Skipping
from bench.spread import spread
from config.settings import Settings
from jobs.prompt import read_prompt
from workers.machine.gpu import resolve_gpu

EVERYONE = ",".join(NAMES)
#: What is compared: CPU seconds, or wall time.
Seconds = Callable[[Run | Corrected], float]


def main(
    model: Annotated[Path, typer.Option(help="GGUF file.", exists=True)],
    data: Annotated[Path, typer.Option(help="Folder of NAME.jpg|png with NAME.txt.", exists=True, file_okay=False)],
    limit: Annotated[int, typer.Option(help="So many pages.")] = 2,
    alone: Annotated[int, typer.Option(help="So many pages for those who answer one by one; 0: all.")] = 0,
    runs: Annotated[int, typer.Option(help="So many runs of each.")] = 3,
    tokens: Annotated[int, typer.Option(help="Longest free answer to a question.")] = 64,
    gpu: Annotated[str, typer.Option(help="cpu, auto, an index or a UUID.")] = "cpu",
    random: Annotated[bool, typer.Option(help="The model's weights are random: the server is not forced.")] = False,
    lines: Annotated[Path | None, typer.Option(help="Folder to keep what OCR read, and to take it from.")] = None,
    contenders: Annotated[str, typer.Option(help="Who takes part: all have to fit into memory.")] = EVERYONE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in the last line.")] = False,
) -> None:
    """Compare the correction's speed with the naive way's and the server's."""
    names, settings, device = _known(contenders), Settings(file_model_path=model), resolve_gpu(gpu)
    setting = Setting.on(settings, model, device, max_tokens=tokens)
    pages, prompt = read_pages(data, limit, settings, lines), read_prompt("finance")[1]
    few = pages[: alone or None]
    asked, asked_alone = list(questions(pages, prompt)), len(list(questions(few, prompt)))
    default_mode = partial(Skipping.on, settings, device)
    contest = Contest(setting, asked, asked_alone, pages, default_mode, names, forced_servers=not random)
    rounds = contest.run(runs, partial(typer.echo, err=True))
    report = {
        "machine": machine.describe(),
        "model": model.name,
        "threads": setting.threads,
        "in_flight": setting.in_flight,
        "pages": len(pages),
        "questions": len(asked),
        "questions_alone": asked_alone,
        **_report(rounds, len(pages), len(few), _wall_s if device else _cpu_s),
        "cost_of_rows": cost_of_rows(setting),
    }
    for key, value in () if as_json else report.items():
        typer.echo(f"{key:24} {value}")
    if as_json:
        typer.echo(json.dumps(report))


def _known(contenders: str) -> list[str]:
    names = contenders.split(",")
    if unknown := set(names) - set(NAMES):
        raise typer.BadParameter(f"no {', '.join(unknown)}; there are: {EVERYONE}")
    return names


def _report(rounds: Rounds, pages: int, alone: int, seconds: Seconds) -> dict[str, object]:
    forced, free = rounds.forced, rounds.free
    servers = {name: runs for name, runs in forced.items() if name in SERVERS}
    best = min(servers, key=lambda name: statistics.median(map(seconds, servers[name])), default="")
    greedy = _greedy(free) if free[OURS] and free[PLAIN] else {}
    tally = rounds.skipping[0].tally.report()
    return {
        "ratio_naive": _ratio(forced[NAIVE], forced[OURS], seconds),
        "ratio_naive_one_page": _ratio(forced[NAIVE], forced[ONE_BY_ONE], seconds),
        "ratio_server": _ratio(forced[best], forced[OURS], seconds) if best else None,
        "best_server": best,
        "ratio_naive_free": _ratio(free[NAIVE], free[OURS], seconds),
        "ratio_server_free": _ratio(free[SERVER], free[OURS], seconds),
        "ratio_free_plain": _ratio(free[NO_DRAFTS], free[OURS], seconds),
        "ratio_pages_skipping": _spread(
            seconds(naive) / alone / (seconds(ours) / pages)
            for naive, ours in zip(forced[NAIVE], rounds.skipping, strict=True)
        )
        if forced[NAIVE]
        else None,
        "ratio_repeated": _spread(
            seconds(first) / seconds(again) for first, again in zip(rounds.skipping, rounds.repeated, strict=True)
        ),
        "tokens_per_decode": spread([_tokens_per_decode(run) for run in forced[OURS]], 2),
        "same_as_greedy": greedy.pop("share", None),
        "greedy": greedy,
        "share_skipped": round(1 - tally["share_of_lines_sent"], 3),
        "skipping": {key: tally[key] for key in ("cer_raw", "cer_corrected", "figures_broken", "figures_invented")}
        | _speed(rounds.skipping, pages),
        "forced": {name: _speed(runs, alone if name in ALONE else pages) for name, runs in forced.items() if runs},
        "free": {name: _speed(runs, alone if name in ALONE else pages) for name, runs in free.items() if runs},
    }


def _greedy(free: dict[str, list[Run]]) -> dict[str, float]:
    plain = free[PLAIN][0].steps
    return {key: round(value, 3) for key, value in same_as_greedy(free[OURS][0].steps[: len(plain)], plain).items()}


def _ratio(theirs: Sequence[Run], ours: Sequence[Run], seconds: Seconds) -> dict[str, float] | None:
    """How many times our seconds a token theirs are, by round; None where one of them did not take part."""
    if not theirs or not ours:
        return None
    return _spread(
        seconds(their) / their.output_tokens / (seconds(our) / our.output_tokens)
        for their, our in zip(theirs, ours, strict=True)
    )


def _spread(ratios: Iterable[float]) -> dict[str, float]:
    return spread(list(ratios), 2)


def _tokens_per_decode(run: Run) -> float:
    """Tokens of an answer for each decode that it took part in."""
    return run.output_tokens / (run.output_tokens - run.facts["accepted_tokens"])


def _speed(runs: Sequence[Run] | Sequence[Corrected], pages: int) -> dict[str, object]:
    speed: dict[str, object] = {
        "pages_per_s": spread([pages / run.wall_s for run in runs]),
        "wall_s": spread([run.wall_s for run in runs], 2),
        "cpu_s": spread([run.cpu_s for run in runs], 2),
    }
    for run in runs[:1]:
        if isinstance(run, Run):
            speed["tokens"] = run.output_tokens
            speed["tokens_per_s"] = spread(
                [each.output_tokens / each.wall_s for each in runs if isinstance(each, Run)], 1
            )
            speed |= {key: round(value, 2) for key, value in run.facts.items()}
    return speed


def _wall_s(run: Run | Corrected) -> float:
    return run.wall_s


def _cpu_s(run: Run | Corrected) -> float:
    return run.cpu_s


if __name__ == "__main__":
    typer.run(main)
