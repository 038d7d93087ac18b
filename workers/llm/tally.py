"""What an engine has done since it was loaded, for metrics to read."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from threading import Lock
from typing import Self


@dataclass(slots=True)
class Tally:
    """Counts since the load."""

    requests: int = 0
    abandoned: int = 0
    prompt_tokens: int = 0
    shared_tokens: int = 0  # of the prompts, that another sequence had in the cache
    output_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    weighed_candidates: int = 0
    decodes: int = 0
    rows: int = 0
    decode_s: float = 0.0  # while at least one decode ran

    @classmethod
    def of(cls, lanes: "Sequence[Tally]", decode_s: float) -> Self:
        """Add up what the lanes of an engine have done."""
        sums = {each.name: sum(getattr(lane, each.name) for lane in lanes) for each in fields(cls)}
        return cls(**sums | {"decode_s": decode_s})

    def report(self) -> dict[str, float]:
        """The counts, and the rates that follow from them."""
        rates = {
            "tokens_per_s": _share(self.output_tokens, self.decode_s),
            "rows_per_s": _share(self.rows, self.decode_s),
            "draft_acceptance": _share(self.accepted_tokens, self.drafted_tokens),
            "share_of_prompts_shared": _share(self.shared_tokens, self.prompt_tokens),
        }
        return {**asdict(self), **{name: round(rate, 4) for name, rate in rates.items()}}


class Stopwatch:
    """Counts the seconds in which at least one of several threads was within it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._within, self._since = 0, 0.0
        self._lock = Lock()

    def __enter__(self) -> None:
        with self._lock:
            if not self._within:
                self._since = time.perf_counter()
            self._within += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._within -= 1
            if not self._within:
                self.seconds += time.perf_counter() - self._since


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
