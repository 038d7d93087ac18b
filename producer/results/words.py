"""Finds what recurs across a batch: words that several of its documents read surely, names above all."""

from collections import Counter

from jobs.result import DocumentResult
from jobs.words import as_recipe, words_of
from producer.fleet import Fleet

#: A line that was read as surely as this is taken at its word.
SURE = 0.99
#: Distinct words that are counted at a time; what only one document has had by then is forgotten.
_MOST = 200_000


def recurring(fleet: Fleet, batch: str, least: int = 2) -> list[str]:
    """The words that at least so many documents of a batch read surely, the commonest ones, in order of the alphabet.

    Raises:
        UsageError: there is no such batch.
    """
    seen: Counter[str] = Counter()
    for entry in fleet.documents(batch, "done"):
        result = fleet.store.get_result(entry.document, entry.fingerprint)
        seen.update(_sure_words(result) if result else ())
        if len(seen) > _MOST:
            seen = Counter({word: count for word, count in seen.items() if count > 1})
    return as_recipe(word for word, count in seen.most_common() if count >= least).split()


def _sure_words(result: DocumentResult) -> set[str]:
    lines = (line for page in result.pages for line in page.lines if line.confidence >= SURE)
    return {word for line in lines for word in words_of(line.raw)}
