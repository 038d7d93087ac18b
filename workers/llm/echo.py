"""A model that changes nothing: for tests, and for trying the pipeline where no model is at hand."""

from workers.llm import Choice, Completion, Message


class EchoModel:
    """Answers with the draft, and holds the raw text (each choice's first candidate) the likeliest."""

    name = "echo"
    sha256 = "0" * 64

    def complete(self, messages: tuple[Message, ...], *, draft: str, max_tokens: int) -> Completion:
        """Return the draft."""
        words = len(draft.split())
        return Completion(draft, finished=True, prompt_tokens=0, output_tokens=min(words, max_tokens))

    def score(self, choices: tuple[Choice, ...]) -> tuple[tuple[float, ...], ...]:
        """Score candidates by their place: the first is best."""
        return tuple(tuple(-float(place) for place in range(len(choice.candidates))) for choice in choices)

    def close(self) -> None:
        """Nothing is held."""
