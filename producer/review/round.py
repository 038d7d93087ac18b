"""A person's round through a batch: each document knows those before and after it, of all and of those to review."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from jobs.batch import DocumentEntry
from jobs.contract import ContentId


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands in a series."""

    number: int  # from 1
    count: int
    previous: ContentId | None
    next: ContentId | None


class Series:
    """Documents one after the other."""

    def __init__(self, documents: Sequence[ContentId]) -> None:
        self._documents = documents
        self._numbers = {document: number for number, document in enumerate(documents)}

    def place(self, document: ContentId) -> Place | None:
        """Find a document. None: it is not in this series."""
        number = self._numbers.get(document)
        if number is None:
            return None
        around = (self._documents[at] if 0 <= at < len(self._documents) else None for at in (number - 1, number + 1))
        return Place(number + 1, len(self._documents), *around)


@dataclass(frozen=True)
class Round:
    """Both series of a batch, in the order in which its documents came."""

    every: Series
    to_review: Series

    @classmethod
    def of(cls, entries: Iterable[DocumentEntry]) -> Self:
        """Plan it, for the documents that are done: the others have nothing to show."""
        done = [(each.document, each.audit.to_review or each.truncated) for each in entries if each.state == "done"]
        return cls(Series([document for document, _ in done]), Series([document for document, asked in done if asked]))
