"""Asks the model: the protocol that the pipeline knows, and its requests and answers."""

from dataclasses import dataclass
from typing import Protocol

from jobs.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str  # system, user, assistant
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote."""

    text: str
    finished: bool  # False: cut off by max_tokens
    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One question of constrained correction: which of these texts follows the context best."""

    context: str
    candidates: tuple[str, ...]


class RequestTooLong(PermanentError):
    """The request does not fit the model's context (context_size). Ask about fewer lines at once."""


class LanguageModel(Protocol):
    """A warm model. Both calls are deterministic: temperature 0.

    Raises (both calls):
        EngineUnavailable: the engine did not answer in time, after it was asked again.
        ModelError: the model can't be loaded; the message names it.
        RequestTooLong: the request does not fit the context; the caller splits it by lines.
    """

    @property
    def name(self) -> str:
        """The model's name, for provenance."""
        ...

    @property
    def sha256(self) -> str:
        """Of the model's file."""
        ...

    def complete(self, messages: tuple[Message, ...], *, draft: str, max_tokens: int) -> Completion:
        """Answer a chat. `draft` is what the answer will nearly be; it makes the answer faster, never different."""
        ...

    def score(self, choices: tuple[Choice, ...]) -> tuple[tuple[float, ...], ...]:
        """For each choice, the log-likelihood in nats of each candidate after the context."""
        ...

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        ...
