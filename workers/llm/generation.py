"""One answer in the making: its prompt is read, then it is written token by token, each the model's likeliest. Pure."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workers.llm.draft import Drafter
from workers.llm.row import Room, Row


class Generation:
    """State of one answer in its sequence.

    `fed` tokens of prompt and answer stand in the KV cache; the last one never does yet: the answer goes on from it.
    """

    def __init__(self, prompt: list[int], max_tokens: int, drafter: Drafter, ends: Callable[[int], bool]) -> None:
        self.prompt = prompt
        self.max_tokens = max_tokens
        self.drafter = drafter
        self.answer: list[int] = []
        self.finished = False  # by the model itself
        self.fed = 0
        self.drafted = self.accepted = 0
        self.ends = ends
        self._draft: list[int] = []

    @property
    def shareable(self) -> int:
        """How much of the prompt is only read: what follows its last token is the answer."""
        return len(self.prompt) - 1

    @property
    def cells(self) -> int:
        """Tokens that its sequence takes at most, a draft at its end included."""
        return len(self.prompt) + self.max_tokens

    @property
    def done(self) -> bool:
        """Whether the answer stands."""
        return self.finished or len(self.answer) >= self.max_tokens

    def rows(self, room: Room) -> list[Row]:
        """Give the rows of the next decode: what was not fed yet, and guesses of what follows it."""
        unfed = self.prompt[self.fed :] or self.answer[-1:]
        part = unfed[: room.rows]
        self._draft = []
        if len(part) == len(unfed):
            left = min(self.max_tokens - len(self.answer), room.rows - len(part) + 1, room.outputs)
            self._draft = self.drafter.propose(min(room.draft_length, left - 1))
        last = len(unfed) - 1
        tokens = enumerate([*part, *self._draft])
        return [Row(token, self.fed + place, room.sequence, place >= last) for place, token in tokens]

    @staticmethod
    def look(logits: NDArray[np.float32]) -> NDArray[np.int_]:
        """Find the likeliest token of each row. Needs nothing but the logits, so any thread may do it."""
        return np.asarray(logits.argmax(axis=1))

    def take(self, rows: int, logits: NDArray[np.float32], likeliest: NDArray[np.int_]) -> None:
        """Go on from a decode of so many rows. A guess stands only where it is the model's own likeliest token."""
        self.fed += rows - len(logits)
        self.drafted += len(self._draft)
        for place, guess in zip(range(len(logits)), [*self._draft, None], strict=False):  # no logits: no draft either
            self.fed += 1
            token = self.choose(int(likeliest[place]), logits[place])
            self._write(token)
            if self.done or token != guess:
                return
            self.accepted += 1

    def choose(self, likeliest: int, logits: NDArray[np.float32]) -> int:
        """Take the model's likeliest token; bench.own overrules it, and watches the logits."""
        return likeliest

    def _write(self, token: int) -> None:
        if self.ends(token):
            self.finished = True
            return
        self.answer.append(token)
        self.drafter.observe(token)
