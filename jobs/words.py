"""Reads a batch's own words, names above all: suppliers, products, places that its documents name again and again.

They are part of the recipe, and so of what a result depends on: the same recipe gives the same result in any order.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from jobs.errors import UsageError

#: A recipe travels with every lease.
MAX_WORDS_BYTES = 16 << 10
#: Shorter ones have too many neighbours. No word has a digit: figures vouch for no figure elsewhere.
_WORD = re.compile(r"[^\W\d_]{4,40}")


def words_of(text: str) -> list[str]:
    """The words of a text that a batch may know."""
    return _WORD.findall(text)


def as_recipe(words: Iterable[str]) -> str:
    """Words as a recipe holds them: each once, in order, as many as it has room for."""
    kept: dict[str, None] = {}
    room = MAX_WORDS_BYTES
    for word in words:
        room -= 0 if word in kept else len(word.encode()) + 1
        if room < 0:
            break
        kept[word] = None
    return " ".join(sorted(kept))


def read_words(path: Path) -> str:
    """Read a file of words, as a recipe holds them.

    Raises:
        UsageError: it can't be read, is not UTF-8, has no word, or too many.
    """
    try:
        words = words_of(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise UsageError(f"The words of {path} are not UTF-8 text. Save them as UTF-8.") from None
    except OSError as error:
        raise UsageError(
            f"Can't read the words of {path}: {error.strerror}. Give a text file, a word a line."
        ) from None
    if not words:
        raise UsageError(f"There is no word in {path}: of four letters at least, and no digits.")
    text = as_recipe(words)
    if len(text.split()) < len(set(words)):
        raise UsageError(
            f"There are more words in {path} than {MAX_WORDS_BYTES >> 10} KiB. Take the commonest ones out."
        )
    return text
