"""Mends phrases that are always misread the same way and that no lexicon of single words can settle: USt.-ld.-Nr."""

from collections.abc import Iterator, Mapping

from jobs.result import Change

WITNESS = "phrase"


def phrases(text: str, table: Mapping[str, str]) -> Iterator[Change]:
    """Every phrase of the table in a line. A phrase holds no figures, so none can change."""
    for read, right in table.items():
        at = text.find(read)
        while at >= 0:
            yield Change(start=at, end=at + len(read), raw=read, final=right, source="rule", witness=WITNESS)
            at = text.find(read, at + len(read))
