"""How a document writes amounts."""

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.result import Figure
from workers.correction.currency import document_prefix
from workers.correction.mark import document_mark


@dataclass(frozen=True, slots=True)
class Notation:
    """A document's decimal mark, and the currency sign before its amounts; "" where it is not clear."""

    mark: str
    prefix: str

    @classmethod
    def of(cls, figures: Iterable[Figure]) -> "Notation":
        """Tell it from all figures of the document."""
        figures = tuple(figures)
        return cls(document_mark(figures), document_prefix(figures))
