"""Guesses how an answer goes on when it is nearly a copy: a pointer into the source text. Pure.

A wrong guess costs a row of a decode, never a character: the engine keeps only what the model itself says.
"""

import codecs
from collections.abc import Callable

#: Glyphs that OCR takes for each other: reading one as the other is a cheap step of the alignment.
CONFUSABLE = tuple(
    map(
        frozenset,
        (
            "0OoQD",
            "1lI|!it",
            "5Ss$",
            "8B&",
            "2Zz",
            "6Gb",
            "9gq",
            "4A",
            "7T?",
            "cCeG",
            "nhru",
            "vVyu",
            ".,:;",
            "-_~",
            "'`´’\"",
        ),
    )
)
CONFUSED, REPLACED, INSERTED, DROPPED = 0.3, 1.0, 0.7, 0.7
#: How many characters answer and source may have drifted apart since the last agreement.
BAND = 24
#: Characters of the source that are turned into tokens at once.
WINDOW = 160
#: How fast the share of right guesses follows what is seen.
LEARNING = 0.1
LONGEST_REST = 16


class Pointer:
    """Where in the source an answer has come to: one row of an edit distance, in a band about the diagonal."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._centre = 0  # the place in the source that the band's middle stands for
        self._row = [DROPPED * max(0, place) if place >= 0 else float("inf") for place in range(-BAND, BAND + 1)]

    @property
    def position(self) -> int:
        """The likeliest place in the source where the answer goes on."""
        best = min(range(len(self._row)), key=lambda place: (self._row[place], abs(place - BAND)))
        return min(max(0, self._centre + best - BAND), len(self.source))

    def follow(self, text: str) -> None:
        """Move on by text that was written."""
        for character in text:
            self._row = self._next_row(character)
            self._centre += 1
        self._recentre()

    def _next_row(self, written: str) -> list[float]:
        row: list[float] = []
        first = self._centre + 1 - BAND  # the source's place of the new row's first cell
        for index, before in enumerate(self._row):
            place = first + index
            if place < 0 or place > len(self.source):
                row.append(float("inf"))
                continue
            kept = before + _step(self.source[place - 1], written) if place else float("inf")
            inserted = self._row[index + 1] + INSERTED if index + 1 < len(self._row) else float("inf")
            dropped = row[-1] + DROPPED if row else float("inf")
            row.append(min(kept, inserted, dropped))
        return row

    def _recentre(self) -> None:
        shift = self.position - self._centre
        if abs(shift) > BAND // 2:
            gap = [float("inf")] * abs(shift)
            self._row = [*self._row[shift:], *gap] if shift > 0 else [*gap, *self._row[:shift]]
            self._centre += shift


class Drafter:
    """Proposes the next tokens of one answer, and learns from what the model writes instead.

    Args:
        source: what the answer will nearly be.
        tokenize: of the model that writes.
        piece: the bytes of one of its tokens.
        agreement: share of right guesses to begin with.
    """

    def __init__(
        self, source: str, tokenize: Callable[[str], list[int]], piece: Callable[[int], bytes], agreement: float
    ) -> None:
        self.agreement = agreement
        self._pointer = Pointer(source)
        self._tokenize = tokenize
        self._piece = piece
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unread = ""
        self._ahead: list[int] = []
        self._misses = 0
        self._rest = 0

    def propose(self, count: int) -> list[int]:
        """Guess at most `count` tokens. With 0 the guess is made all the same, to be held against the next token."""
        if not self._ahead and not self._rest:
            self._find_place()
        return self._ahead[:count]

    def observe(self, token: int) -> None:
        """Learn which token the model wrote."""
        self._unread += self._decoder.decode(self._piece(token))
        if self._ahead:
            hit = self._ahead[0] == token
            self.agreement += LEARNING * (hit - self.agreement)
            self._ahead = self._ahead[1:] if hit else []
            self._misses = 0 if hit else self._misses + 1
            self._rest = 0 if hit else min(LONGEST_REST, 2 ** max(0, self._misses - 3) - 1)
        elif self._rest:
            self._rest -= 1  # a model that does not copy is not guessed at each step

    def _find_place(self) -> None:
        self._pointer.follow(self._unread)
        self._unread = ""
        place = self._pointer.position
        self._ahead = self._tokenize(self._pointer.source[place : place + WINDOW])
        if place + WINDOW < len(self._pointer.source):
            self._ahead = self._ahead[:-1]  # the window may have cut a word


def _step(source: str, written: str) -> float:
    if source == written:
        return 0.0
    alike = source.lower() == written.lower() or any(source in glyphs and written in glyphs for glyphs in CONFUSABLE)
    return CONFUSED if alike else REPLACED
