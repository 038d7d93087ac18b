"""Answers that the engine has given, so that what recurs, a vendor's boilerplate above all, is not asked again.

One engine process has one model and one version of our code, so an answer depends on nothing but the question: a
chat and the most tokens of its answer, or candidates and the context before them. The draft makes no difference.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from workers.llm import Choice, Completion
from workers.llm.wire import CompleteRequest, ScoreRequest

Scores = tuple[float, ...]
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """At most so many answers, by the SHA-256 of their question; the one not asked for the longest goes first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked = self.hits = 0
        self._answers: OrderedDict[bytes, Value] = OrderedDict()

    def get(self, question: object) -> Value | None:
        """The answer that was given before."""
        self.asked += 1
        answer = self._answers.get(key := _key(question))
        if answer is not None:
            self.hits += 1
            self._answers.move_to_end(key)
        return answer

    def keep(self, question: object, answer: Value) -> None:
        """Keep an answer."""
        self._answers[_key(question)] = answer
        while len(self._answers) > self.most:
            self._answers.popitem(last=False)


class AnswerCache:
    """Between clients and the engine. A request whose choices are known in part asks about the others only."""

    def __init__(self, most: int) -> None:
        self._completions: Kept[Completion] = Kept(most)
        self._scores: Kept[Scores] = Kept(most)

    @property
    def counts(self) -> dict[str, float]:
        """Questions since the load, and how many were known."""
        both = (self._completions, self._scores)
        return {"questions": sum(kept.asked for kept in both), "known_questions": sum(kept.hits for kept in both)}

    async def complete(
        self, asked: CompleteRequest, ask: Callable[[CompleteRequest], Awaitable[Completion]]
    ) -> Completion:
        """Answer a chat."""
        question = (asked.messages, asked.max_tokens)
        answer = self._completions.get(question)
        if answer is None:
            answer = await ask(asked)
            self._completions.keep(question, answer)
        return answer

    async def score(
        self, asked: ScoreRequest, ask: Callable[[ScoreRequest], Awaitable[tuple[Scores, ...]]]
    ) -> tuple[Scores, ...]:
        """Weigh candidates."""
        known: dict[Choice, Scores | None] = {choice: self._scores.get(choice) for choice in asked.choices}
        unknown = tuple(choice for choice, scores in known.items() if scores is None)
        if unknown:
            answers = await ask(asked.model_copy(update={"choices": unknown}))
            for choice, scores in zip(unknown, answers, strict=True):
                self._scores.keep(choice, scores)
                known[choice] = scores
        return tuple(known[choice] or () for choice in asked.choices)


def _key(question: object) -> bytes:
    return hashlib.sha256(repr(question).encode()).digest()
