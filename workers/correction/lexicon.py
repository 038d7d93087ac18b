"""Owns what counts as a word: how common it is in the page's language, in the trade and on the page itself."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
#: The Zipf scale is the log10 of occurrences in a billion words. A part of a compound is at least this common.
COMMON = 3.0
#: Words of the trade, and words that the page itself reads surely, count as if they were this common: on invoices
#: they are.
TRADE, LOCAL = 5.5, 5.0
#: What a word of another language than the page's loses.
FOREIGN = 1.5
#: A word rarer than this here is none: the web's lists hold misspellings, and `thre` is an English one.
_RARE = 1.0
#: Longer runs of letters are no words; looking for one in them would take a hostile page minutes.
LONGEST = 40
#: Last parts that are written short: Rechnungsnr., Hauptstr.
_ABBREVIATED = ("nr", "str", "dat", "betr")
_JOINTS = ("", "s", "es", "n", "en", "er")


@dataclass(frozen=True)
class Lexicon:
    """Words with their Zipf frequencies by language, casefolded; `trade` belongs to every language."""

    languages: Mapping[str, Mapping[str, float]]
    listed: frozenset[str]  # of all languages, for a fast look
    trade: Mapping[str, str] = field(default_factory=dict)  # folded word -> as it is written
    local: Mapping[str, str] = field(default_factory=dict)  # of the page itself: folded word -> as it is written
    foreign: frozenset[str] = frozenset()  # languages that the page is not in
    _compounds: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def for_page(self, texts: Sequence[str], sure: Iterable[str]) -> "Lexicon":
        """The same for one page: `texts` tell its language, `sure` are the words it reads surely."""
        words = [word.casefold() for text in texts for word in WORD.findall(text) if len(word) > 2]
        hits = {name: sum(word in known for word in words) for name, known in self.languages.items()}
        most = max(hits.values(), default=0)
        foreign = frozenset(name for name, count in hits.items() if count < 0.75 * most)
        local = {word.casefold(): word for word in sorted(sure)}  # of two spellings the one with fewer capitals
        return replace(self, local=local, foreign=foreign, _compounds={})

    @classmethod
    def of(cls, languages: Mapping[str, Mapping[str, float]], trade: Iterable[str] = ()) -> "Lexicon":
        """Build from lists of casefolded words, and the trade's words as they are written."""
        return cls(languages, frozenset().union(*languages.values()), {word.casefold(): word for word in trade})

    def frequency(self, word: str) -> float:
        """Zipf frequency of a word here; a compound is as common as its rarest part, less a half; 0 if unknown."""
        folded = word.casefold()
        if (found := self.plain(folded)) or len(folded) > LONGEST:
            return found
        if folded not in self._compounds:
            self._compounds[folded] = self._compound(folded, 3)
        return self._compounds[folded]

    def lists(self, word: str) -> bool:
        """Whether a word stands in a list: `knows` without compounds, and fast."""
        folded = word.casefold()
        return folded in self.trade or folded in self.local or folded in self.listed

    def plain(self, folded: str) -> float:
        """Zipf frequency of a casefolded word that is no compound, or is a listed one."""
        if folded in self.trade:
            return TRADE
        best = LOCAL if folded in self.local else 0.0
        for name, words in self.languages.items():
            if found := words.get(folded):
                best = max(best, found - (FOREIGN if name in self.foreign else 0))
        return best

    def spelled(self, word: str) -> str:
        """The word with the capitals that the trade or the page writes inside it: GmbH. Sharp s stays what it is."""
        written = self.trade.get(word.casefold()) or self.local.get(word.casefold(), word)
        inside = written[1:] != written[1:].lower() or "ß" in written
        return word[:1] + written[1:] if inside and not word.isupper() else word

    def knows(self, word: str) -> bool:
        """Whether a word is one, in any of the languages, in the trade or on the page."""
        return self.frequency(word) >= _RARE

    def _compound(self, word: str, parts: int) -> float:
        """German builds nouns from nouns: Handels-register-nummer. Each part has at least four letters."""
        if "de" in self.foreign:
            return 0.0
        abbreviated = (self._head(word.removesuffix(end)) for end in _ABBREVIATED if word.endswith(end))
        best = max((head - 0.5 for head in abbreviated if head >= COMMON), default=0.0)
        for cut in range(4, len(word) - 3):
            head = self._head(word[:cut])
            if head < COMMON:
                continue
            tail = self._part(word[cut:])
            if tail < COMMON and parts > 2:
                tail = self._compound(word[cut:], parts - 1)
            if tail >= COMMON - 0.5:
                best = max(best, min(head, tail) - 0.5)
        return best

    def _head(self, part: str) -> float:
        """Frequency of the first part of a compound, without the letters that join it to the next."""
        joints = [joint for joint in _JOINTS if part.endswith(joint) and len(part) - len(joint) >= 4]
        return max((self._part(part.removesuffix(joint)) for joint in joints), default=0.0)

    def _part(self, part: str) -> float:
        if part in self.trade or part in self.local:
            return LOCAL
        return self.languages.get("de", {}).get(part, 0.0)


def without_accents(word: str) -> str:
    """The word in bare letters."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
