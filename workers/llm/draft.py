"""Guesses how an answer goes on when it is nearly a copy: a pointer into the source text; else what recurs. Pure.

A wrong guess costs a row of a decode, never a character: the engine keeps only what the model itself says.
"""

import codecs
from collections.abc import Callable, Sequence
from functools import lru_cache

from workers.llm.ngram import Ngrams
from workers.llm.row import common_length

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
#: Text of so many characters that stands in the source right there is a copy; the alignment starts from it anew.
CERTAIN = 12
#: Characters of the source that are turned into tokens at once.
WINDOW = 320
#: After so many misses in a row the pointer rests, each time twice as long, and what recurs is guessed meanwhile.
MISSES_BORNE = 3
LONGEST_REST = 16
#: Where a model copies less than this, what it writes is not aligned but looked up in the source: to align text that is
#: no copy, character by character, cost a fifth of all tokens a second on a GPU.
RARE = 0.1
#: Shares of right guesses assumed of copies (low: a model that copies raises it within a line) and of what recurs.
FIRST_COPYING, FIRST_RECURRENCE = 0.7, 0.5
#: Guesses that the share of right ones goes back to: of one answer, and of all that a model writes.
MEMORY, COMMON_MEMORY = 20, 100


class Agreement:
    """The share of guesses that were right lately; before there were any, what is assumed.

    Args:
        assumed: a share; or the one of all answers, which each of them teaches and all of them begin with. So a model
            that copies nothing costs many answers at once no more guesses in vain than one.
        memory: of so many guesses.
    """

    #: What is assumed weighs as much as so many guesses at first, and ever less.
    TRUST = 4.0

    def __init__(self, assumed: "float | Agreement", memory: int) -> None:
        self._all = assumed if isinstance(assumed, Agreement) else None
        self._assumed = 0.0 if isinstance(assumed, Agreement) else assumed
        self._kept = 1 - 1 / memory
        self._trust, self._seen, self._hits = self.TRUST, 0.0, 0.0

    @property
    def share(self) -> float:
        """Of the next guess, how likely it is right."""
        assumed = self._all.share if self._all else self._assumed
        return (self._hits + self._trust * assumed) / (self._seen + self._trust)

    def observe(self, hit: bool) -> None:
        """Learn how a guess went."""
        self._trust *= self._kept
        self._seen = self._kept * self._seen + 1
        self._hits = self._kept * self._hits + hit
        if self._all:
            self._all.observe(hit)


class Habits:
    """How all answers of a model went lately, by kind of guess."""

    def __init__(self, copying: float = FIRST_COPYING) -> None:
        self.copying = Agreement(copying, COMMON_MEMORY)
        self.recurring = Agreement(FIRST_RECURRENCE, COMMON_MEMORY)


#: A band about a place that is certain.
_SYNCHRONOUS = [DROPPED * max(0, place) + INSERTED * max(0, -place) for place in range(-BAND, BAND + 1)]


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
        """Move on by text that was written: in one step where it is a copy, else a character at a time."""
        place = self.position
        copied = common_length(text, self.source[place : place + len(text)])
        if copied >= CERTAIN:
            self._centre, self._row = place + copied, list(_SYNCHRONOUS)
            text = text[copied:]
        for character in text:
            self._row = self._next_row(character)
            self._centre += 1
        self._recentre()

    def find(self, text: str) -> bool:
        """Move to where the end of `text` stands in the source from here on; tells whether it does."""
        end = text[-CERTAIN:]
        place = self.source.find(end, max(0, self._centre - BAND)) if len(end) == CERTAIN else -1
        if place < 0:
            return False
        self._centre, self._row = place + CERTAIN, list(_SYNCHRONOUS)
        return True

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
        habits: of the model, shared by all its answers.
        prompt: what the model has read, which may recur in its answer.
    """

    def __init__(
        self,
        source: str,
        tokenize: Callable[[str], list[int]],
        piece: Callable[[int], bytes],
        habits: Habits,
        prompt: Sequence[int] = (),
    ) -> None:
        self._copying, self._recurring = Agreement(habits.copying, MEMORY), Agreement(habits.recurring, MEMORY)
        self._habits, self._trusted = habits, self._copying
        self._pointer = Pointer(source)
        self._ngrams = Ngrams(list(prompt))
        self._tokenize = tokenize
        self._piece = piece
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unread = ""
        self._ahead: list[int] = []
        self._misses = 0
        self._rest = 0
        self._guess()

    @property
    def agreement(self) -> float:
        """The share of right guesses of the kind that is proposed now."""
        return self._trusted.share

    def propose(self, count: int) -> list[int]:
        """Guess at most `count` tokens. What is not proposed is held against the model's tokens all the same."""
        return self._ahead[:count]

    def observe(self, token: int) -> None:
        """Learn which token the model wrote."""
        self._unread += self._decoder.decode(self._piece(token))
        self._ngrams.append(token)
        self._rest = max(0, self._rest - 1)
        if self._ahead:
            hit = self._ahead[0] == token
            self._trusted.observe(hit)
            self._ahead = self._ahead[1:] if hit else []
            if self._trusted is self._copying:
                self._misses = 0 if hit else self._misses + 1
                self._rest = 0 if hit else min(LONGEST_REST, 2 ** max(0, self._misses - MISSES_BORNE) - 1)
        if not self._ahead:
            self._guess()

    def _guess(self) -> None:
        if self._rest or not self._follow():
            self._trusted, self._ahead = self._recurring, self._ngrams.follow()
        else:
            self._trusted, self._ahead = self._copying, self._source_ahead()

    def _follow(self) -> bool:
        """Let the pointer follow what was written; tells whether it knows where the answer is."""
        unread, self._unread = self._unread, ""
        if not self._pointer.source:
            return False
        if self._habits.copying.share >= RARE:
            self._pointer.follow(unread)
            return True
        found = self._pointer.find(unread)
        self._unread = "" if found else unread[-CERTAIN:]
        return found

    def _source_ahead(self) -> list[int]:
        place = self._pointer.position
        ahead = self._tokenize(self._pointer.source[place : place + WINDOW])
        cut = place + WINDOW < len(self._pointer.source)
        return ahead[:-1] if cut else ahead  # the window may have cut a word


@lru_cache(1 << 16)
def _step(source: str, written: str) -> float:
    if source == written:
        return 0.0
    alike = source.lower() == written.lower() or any(source in glyphs and written in glyphs for glyphs in CONFUSABLE)
    return CONFUSED if alike else REPLACED
