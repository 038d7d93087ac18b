"""What followed the last tokens where they stood before: the guess where an answer is no copy of its source. Pure."""

#: Tokens that must recur; and those after them that are proposed.
RECURRING, PROPOSED = 3, 16


class Ngrams:
    """All that a model has read and written for one answer, by runs of tokens; put in order once a guess is wanted."""

    def __init__(self, tokens: list[int]) -> None:
        self._tokens = tokens
        self._after: dict[tuple[int, ...], int] = {}
        self._ordered = RECURRING

    def append(self, token: int) -> None:
        """Note the next token."""
        self._tokens.append(token)

    def follow(self) -> list[int]:
        """What followed the last tokens when they were met before, last time first."""
        for at in range(self._ordered, len(self._tokens)):
            self._after[tuple(self._tokens[at - RECURRING : at])] = at
        self._ordered = max(self._ordered, len(self._tokens))
        at = self._after.get(tuple(self._tokens[-RECURRING:]), len(self._tokens))
        return self._tokens[at : at + PROPOSED]
