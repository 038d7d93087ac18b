"""Lets all contenders answer the same questions, round after round, and keeps what each run gave."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from functools import partial

from bench.contender import Asker, Contender, Run, Setting
from bench.naive import Naive
from bench.own import Features, Own
from bench.peer import SPECULATION, Peer, build
from bench.question import Page, Question
from bench.skipping import Corrected, Skipping

NAIVE, SERVER, SERVER_NGRAM, OURS, NO_DRAFTS, ONE_BY_ONE, PLAIN = (
    "naive", "server", "server_ngram", "ours", "ours_no_drafts", "ours_one_by_one", "ours_plain",
)  # fmt: skip
#: Ours, with features off.
FEATURES = {
    OURS: Features(),
    NO_DRAFTS: Features(drafts=False),
    "ours_no_sharing": Features(sharing=False),
    ONE_BY_ONE: Features(together=False),
    PLAIN: Features(drafts=False, together=False),
}
SERVERS: dict[str, tuple[str, ...]] = {SERVER: (), SERVER_NGRAM: SPECULATION}
NAMES = (NAIVE, *SERVERS, *FEATURES)
#: Who answers one question after the other, however many there are.
ALONE = (NAIVE, ONE_BY_ONE, PLAIN)
#: Who writes freely, too.
FREE = (NAIVE, *SERVERS, OURS, NO_DRAFTS, PLAIN)


@dataclass(slots=True)
class Rounds:
    """The runs of each contender, round by round."""

    forced: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    free: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    skipping: list[Corrected] = field(default_factory=list)
    repeated: list[Corrected] = field(default_factory=list)  # the same pages again: answers that the engine keeps


def run_rounds(
    setting: Setting,
    questions: Sequence[Question],
    alone: int,
    pages: Sequence[Page],
    skipping: Callable[[], AbstractContextManager[Skipping]],
    rounds: int,
    say: Callable[[str], None],
    *,
    names: Sequence[str] = NAMES,
    forced_servers: bool = True,
) -> Rounds:
    """Run all, in turn, every other round in the opposite order; ALONE on the first `alone` questions."""
    done = Rounds()
    with ExitStack() as stack:
        askers = _askers(setting, names, stack)
        for number in range(rounds):
            for name in sorted(askers, key=list(askers).index, reverse=bool(number % 2)):
                asked = questions[:alone] if name in ALONE else questions
                if forced_servers or name not in SERVERS:
                    done.forced[name].append(run := askers[name].run(asked, forced=True))
                    say(f"round {number + 1}: {name} forced {run.wall_s:.1f} s, {run.cpu_s:.1f} CPU s")
                if name in FREE:
                    done.free[name].append(run := askers[name].run(asked, forced=False))
                    say(f"round {number + 1}: {name} free {run.wall_s:.1f} s, {run.cpu_s:.1f} CPU s")
            with skipping() as default_mode:  # from new: its answers are not known yet
                done.skipping.append(corrected := default_mode.run(pages))
                done.repeated.append(default_mode.run(pages))
            say(f"round {number + 1}: default mode {corrected.wall_s:.1f} s, {corrected.cpu_s:.1f} CPU s")
    return done


def _askers(setting: Setting, names: Sequence[str], stack: ExitStack) -> dict[str, Asker | Contender]:
    askers: dict[str, Asker | Contender] = {}
    for name in names:
        if name in SERVERS:
            askers[name] = stack.enter_context(closing(Peer(setting, build(), SERVERS[name])))
        else:
            make = partial(Own, setting, FEATURES[name]) if name in FEATURES else partial(Naive, setting)
            askers[name] = stack.enter_context(Contender(make))
    return askers
