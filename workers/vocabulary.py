"""Loads what correction knows of words: frequencies of four languages, words of the trade, plausible misreadings."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jobs.errors import UsageError
from workers.correction.amount import has_currency
from workers.correction.confusion import Confusions
from workers.correction.lexicon import Lexicon

CONFIG = Path(__file__).parent.parent / "config"
LANGUAGES = ("en", "de", "fr", "pt")
#: Below this Zipf frequency the lists, drawn from the web, hold as many misspellings as words (`hötel` 1.2).
_RAREST = 2.0


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read the word lists: 1 s and about 100 MiB, once per process."""
    import wordfreq

    languages = {}
    for language in LANGUAGES:
        levels = wordfreq.get_frequency_list(language, "large")
        common = enumerate(levels[: round((9 - _RAREST) * 100)])
        languages[language] = {word: 9 - centibels / 100 for centibels, words in common for word in words}
    return Lexicon.of(languages, _trade_words())


@lru_cache(maxsize=1)
def load_confusions() -> Confusions:
    """Read the table of plausible misreadings."""
    tables = _read("confusions.toml")
    return Confusions.of(tables["likely"], tables["possible"])


@lru_cache(maxsize=1)
def load_phrases() -> dict[str, str]:
    """Read the phrases that are misread so again and again.

    Raises:
        UsageError: one of them has a digit or a currency: no table may change a figure.
    """
    table: dict[str, str] = _read("confusions.toml").get("phrases", {})
    for phrase in [*table, *table.values()]:
        if any(char.isdigit() for char in phrase) or has_currency(phrase):
            raise UsageError(f"The phrase {phrase!r} in config/confusions.toml holds a figure. Take it out.")
    return table


def _trade_words() -> list[str]:
    return [word for words in _read("lexicon.toml").values() for word in words.split()]


def _read(name: str) -> dict[str, Any]:
    with (CONFIG / name).open("rb") as file:
        return tomllib.load(file)
