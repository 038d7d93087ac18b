"""Nothing is lost, whatever dies: `python -m bench.chaos --minutes M --seed S [--documents N] [--json]`.

Real Redis with an append-only file, real workers, documents that come in waves; meanwhile processes are killed and
frozen, Redis is restarted and networks are cut (bench.mischief). Exit status 1 where a promise was broken.
"""

import json
import math
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Annotated, Any

import typer

from bench.agreement import flower_disagreements, status_disagreements
from bench.corpus import Corpus, draw
from bench.mischief import Mischief, Victim, fleet_of
from bench.recovery import Recovery
from bench.verdict import Verdict, judge
from config.settings import Settings
from jobs.errors import RetryableError
from producer.fleet import Fleet
from producer.intake.identity import take_in
from producer.intake.walk import walk
from producer.order import Wish
from producer.submit import submit_files
from samples.local_redis import local_redis
from samples.stack import packaged_model, running_flower

WORKERS = 3
LEASE_S = 4.0
BETWEEN_ACTS_S = 3.0
#: More than the default of 3: a page of real OCR takes 5 to 20 s on two cores, and every 12 s a SIGKILL hits one child
#: alone, which nothing can tell from the kernel's for want of memory. What befalls a whole node costs no attempt.
MAX_ATTEMPTS = 5
WAVES = 20
#: After the last act: longest wait for the next document to end.
SETTLE_S = 180.0
LOOK_S = 0.25


class Chaos:
    """One run: a fleet, its documents, and who torments it."""

    def __init__(self, fleet: Fleet, corpus: Corpus, victims: list[Victim], mischief: Mischief) -> None:
        self.recovery = Recovery(fleet.ledger, ("null", "real"))
        self._fleet, self._corpus, self._victims, self._mischief = fleet, corpus, victims, mischief

    def torment(self, seconds: float) -> None:
        """Submit in waves, and do mischief all the while."""
        started, acts, waves = time.monotonic(), 0, 0
        self._send("real", self._corpus.real)
        while (passed := time.monotonic() - started) < seconds:
            if passed >= waves * 0.8 * seconds / WAVES and waves < WAVES:
                self._send("null", self._corpus.null[waves::WAVES])
                waves += 1
            if passed >= (acts + 1) * BETWEEN_ACTS_S:
                acts += 1
                self._mischief.act()
            self._look()
        for wave in range(waves, WAVES):
            self._send("null", self._corpus.null[wave::WAVES])

    def settle(self) -> None:
        """Wait until every document has ended and the store knows it, or none ends any more."""
        left, deadline = self._unfinished(), time.monotonic() + SETTLE_S
        while left and time.monotonic() < deadline:
            self._look()
            if (now := self._unfinished()) < left:
                left, deadline = now, time.monotonic() + SETTLE_S
        self._look()  # whoever was killed last lives again

    def _look(self) -> None:
        for killed_s, victim in self._mischief.take_killed():
            self.recovery.orphaned(killed_s, victim.name)
        for victim in self._victims:
            if not victim.lives:
                victim.start()
        self.recovery.look()
        time.sleep(LOOK_S)

    def _unfinished(self) -> float:
        """Documents that have not ended, or of whose end the store does not know. Infinite: Redis is away."""
        try:
            summaries = [self._fleet.ledger.batch(batch) for batch in ("null", "real")]
            return sum(each.documents - each.finished for each in summaries) + self._fleet.ledger.untold()
        except RetryableError:
            return math.inf

    def _send(self, batch: str, paths: Sequence[Path]) -> None:
        """Submit as a person would who submits again after each error."""
        wish = Wish(engine="null", mode="off") if batch == "null" else Wish(engine="rapidocr")
        while True:
            try:
                for _ in submit_files(self._fleet, batch, wish, take_in(walk(map(str, paths)), 1 << 30)):
                    pass
            except RetryableError:
                time.sleep(LOOK_S)
            else:
                return


def run(minutes: float, seed: int, documents: int, folder: Path) -> dict[str, Any]:
    """Run the whole and report."""
    corpus = draw(folder / "documents", documents, seed)
    with ExitStack() as stack:
        redis = stack.enter_context(local_redis(folder / "redis", append_only=True))
        settings: dict[str, object] = {
            "redis_url": redis.url,
            "store_url": str(folder / "store"),
            "work_dir": folder,
            "file_model_path": packaged_model(),
            "lease_s": LEASE_S,
            "job_timeout_s": 60,
            "max_attempts": MAX_ATTEMPTS,
            "pages_per_job": 4,
            "node": "chaos",
        }
        fleet = Fleet.open(Settings(_env_file=None, **settings))  # type: ignore[arg-type]
        flower = stack.enter_context(running_flower(settings, folder / "flower.log"))
        victims = stack.enter_context(fleet_of(WORKERS, redis, settings, folder))
        mischief = Mischief(victims, redis, LEASE_S, Random(seed))
        chaos = Chaos(fleet, corpus, victims, mischief)
        chaos.torment(60 * minutes)
        chaos.settle()
        batches = {"null": [path.name for path in corpus.null], "real": [path.name for path in corpus.real]}
        verdict = judge(fleet, batches, corpus.poison, [victim.log for victim in victims])
        workers = [f"{victim.name}@{settings['node']}" for victim in victims]
        disagree = list(status_disagreements(fleet, settings, batches))
        disagree += flower_disagreements(flower, fleet, workers, batches)
        return _report(verdict, mischief, chaos.recovery) | {"disagree": disagree, "seed": seed, "minutes": minutes}


def _report(verdict: Verdict, mischief: Mischief, recovery: Recovery) -> dict[str, Any]:
    kills = sum(mischief.done[kind] for kind in ("worker", "child", "keeper", "engine"))
    return asdict(verdict) | {
        "kills": kills,
        "freezes": mischief.done["freeze"],
        "redis_restarts": mischief.done["redis"],
        "partitions": mischief.done["partition"],
        "recoveries": len(recovery.seconds),
        **_percentiles("recovery", recovery.seconds),
        **_percentiles("due_again", recovery.due_seconds),
    }


def _percentiles(name: str, seconds: list[float]) -> dict[str, float | None]:
    cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else seconds * 19
    return {f"{name}_s_p{5 * at}": round(cuts[at - 1], 2) if cuts else None for at in (10, 19)}


def main(
    minutes: Annotated[float, typer.Option(help="How long mischief is done.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Decides what is done to whom.")] = 1,
    documents: Annotated[int, typer.Option(min=60)] = 1000,
    keep: Annotated[Path | None, typer.Option(help="Folder for logs and store, which stays.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Torment a fleet and count what it lost."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as temporary:
        report = run(minutes, seed, documents, keep or Path(temporary))
    lines = [json.dumps(report)] if as_json else [f"{key:<16} {value}" for key, value in report.items()]
    typer.echo("\n".join(lines))
    raise typer.Exit(1 if report["broken"] or report["poison_alive"] or report["disagree"] else 0)


if __name__ == "__main__":
    typer.run(main)
