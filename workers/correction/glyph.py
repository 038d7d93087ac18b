"""Owns which glyphs an OCR engine takes for which digit. The narrow table repairs; nothing outside it is plausible."""

import re
from collections.abc import Iterator, Sequence

#: Letters that stand for exactly one digit. Letters with two plausible digits (b, g, G, A, T) are left out: they
#: would make every repair ambiguous.
DIGIT_FOR_LETTER = {
    "O": "0", "o": "0", "D": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "!": "1", "i": "1",
    "Z": "2", "z": "2", "S": "5", "s": "5", "B": "8",
}  # fmt: skip

#: Digits that printed, blurred and faded look alike (seen in RapidOCR's own alternatives).
LIKE_DIGITS = {
    "0": "6893", "1": "74", "2": "73", "3": "8529", "4": "19", "5": "368", "6": "805", "7": "12", "8": "36095",
    "9": "0834",
}  # fmt: skip

#: A misreading touches a glyph or two; what differs by more is another figure (jobs/verify.py has a count of its own).
MOST_GLYPHS = 3


def as_digits(text: str) -> str:
    """Read every lookalike letter as its digit; the rest stays."""
    return "".join(DIGIT_FOR_LETTER.get(char, char) for char in text)


def digits(text: str) -> str:
    """The digits of a text, without what stands between them."""
    return re.sub(r"\D", "", text)


def misread_digits(text: str) -> Iterator[str]:
    """Every text that differs from this one by one digit that looks like another."""
    for at, char in enumerate(text):
        for other in LIKE_DIGITS.get(char, ""):
            yield text[:at] + other + text[at + 1 :]


def seen(text: str, readings: Sequence[Sequence[tuple[str, float]]]) -> Iterator[str]:
    """Every text that differs from this one by one character that the engine thought of.

    A digit is never a space or a mark: that would lose it.
    """
    for at, others in enumerate(readings):
        for other, _ in others:
            if len(other) == 1 and other.isalnum() == text[at].isalnum() and not other.isspace():
                yield text[:at] + other + text[at + 1 :]
