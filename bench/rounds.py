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


@dataclass(frozen=True, slots=True)
class Contest:
    """Who answers what."""

    setting: Setting
    questions: Sequence[Question]
    alone: int  # those of ALONE answer so many of them, the first
    pages: Sequence[Page]
    default_mode: Callable[[], AbstractContextManager[Skipping]]
    names: Sequence[str] = NAMES
    forced_servers: bool = True

    def run(self, rounds: int, say: Callable[[str], None]) -> Rounds:
        """Let all answer, in turn, every other round in the opposite order."""
        done = Rounds()
        with ExitStack() as stack:
            askers = self._askers(stack)
            for number in range(rounds):
                tell = partial(_tell, say, number + 1)
                for name in askers if number % 2 == 0 else reversed(askers):
                    self._ask(name, askers[name], done, tell)
                with self.default_mode() as mode:  # from new: its answers are not known yet
                    done.skipping.append(mode.run(self.pages))
                    done.repeated.append(mode.run(self.pages))
                tell("default mode", done.skipping[-1])
        return done

    def _askers(self, stack: ExitStack) -> dict[str, Asker | Contender]:
        askers: dict[str, Asker | Contender] = {}
        for name in self.names:
            if name in SERVERS:
                askers[name] = stack.enter_context(closing(Peer(self.setting, build(), SERVERS[name])))
            else:
                make = partial(Own, self.setting, FEATURES[name]) if name in FEATURES else partial(Naive, self.setting)
                askers[name] = stack.enter_context(Contender(make))
        return askers

    def _ask(self, name: str, asker: Asker | Contender, done: Rounds, tell: Callable[[str, Run], None]) -> None:
        asked = self.questions[: self.alone] if name in ALONE else self.questions
        if self.forced_servers or name not in SERVERS:
            done.forced[name].append(asker.run(asked, forced=True))
            tell(f"{name} forced", done.forced[name][-1])
        if name in FREE:
            done.free[name].append(asker.run(asked, forced=False))
            tell(f"{name} free", done.free[name][-1])


def _tell(say: Callable[[str], None], number: int, what: str, run: Run | Corrected) -> None:
    say(f"round {number}: {what} {run.wall_s:.1f} s, {run.cpu_s:.1f} CPU s")
