"""Walks the paths, folders and patterns of a command line, in order, holding no more than one run of names a level."""

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import has_magic
from itertools import islice
from pathlib import Path

#: Names of one folder that are sorted at a time: a folder of a million needs no more memory than one of these.
RUN_ENTRIES = 5_000

#: What is left of a pattern at some level, part by part. Nothing left: all below matches.
Tail = tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """A file that may be a document. `name` is its path relative to the argument that led to it."""

    path: str
    name: str


@dataclass(frozen=True)
class Skip:
    """A path that is not submitted. `fault`: the user meant it and something is wrong with it."""

    path: str
    reason: str
    fault: bool = False


def walk(arguments: Iterable[str]) -> Iterator[Candidate | Skip]:
    """Find the files of paths, folders and patterns (`*`, `?`, `[…]`, `**`).

    Hidden files and links to folders are passed over, and so are links that leave the folder.
    """
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            yield from _descend(path, ())
        elif os.path.lexists(path):
            yield Candidate(os.path.realpath(path), _own_name(path))
        elif has_magic(argument):
            yield from _match(argument)
        else:
            yield Skip(argument, "no such file or folder", fault=True)


def _own_name(path: Path) -> str:
    """Keep the folders of a relative path, so that `2025/1.pdf 2026/1.pdf` stay two names."""
    return path.name if path.is_absolute() or ".." in path.parts else str(path)


def _match(pattern: str) -> Iterator[Candidate | Skip]:
    parts = Path(pattern).parts
    fixed = next(number for number, part in enumerate(parts) if has_magic(part))
    matched = False
    for found in _descend(Path(*parts[:fixed]), parts[fixed:]):
        matched = True
        yield found
    if not matched:
        yield Skip(pattern, "nothing matches this pattern", fault=True)


def _descend(root: Path, pattern: Tail) -> Iterator[Candidate | Skip]:
    levels = [(_entries(str(root)), {pattern})]
    while levels:
        entries, tails = levels[-1]
        entry = next(entries, None)
        if entry is None:
            levels.pop()
        elif isinstance(entry, Skip):
            yield entry
        elif left := set(_advance(tails, entry.name)):
            if entry.is_dir(follow_symlinks=False):
                levels.append((_entries(entry.path), left))
            elif left & {(), ("**",)}:
                yield _candidate(root, entry)


def _entries(folder: str) -> Iterator[os.DirEntry[str] | Skip]:
    try:
        with os.scandir(folder) as entries:
            while run := list(islice(entries, RUN_ENTRIES)):
                yield from sorted((e for e in run if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError as error:
        yield Skip(folder, error.strerror or str(error), fault=True)


def _advance(tails: Iterable[Tail], name: str) -> Iterator[Tail]:
    """Match one part of a path: what is left of the patterns below it; nothing where none matches."""
    for tail in tails:
        if not tail:
            yield tail
        elif tail[0] == "**":
            yield tail
            yield from _advance([tail[1:]], name) if tail[1:] else ()
        elif fnmatchcase(name, tail[0]):
            yield tail[1:]


def _candidate(root: Path, entry: os.DirEntry[str]) -> Candidate | Skip:
    path = entry.path
    if entry.is_symlink():
        try:
            path = os.path.realpath(entry.path, strict=True)
        except OSError:
            return Skip(entry.path, "a link to nothing", fault=True)
        if Path(path).is_dir():
            return Skip(entry.path, "a link to a folder: submit the folder itself")
        if not Path(path).is_relative_to(root.resolve()):
            return Skip(entry.path, "a link that leaves the folder: submit the file itself")
    return Candidate(path, entry.path[len(os.path.join(root, "")) :])  # noqa: PTH118 - no Path: jobs/folder.py


class Count(threading.Thread):
    """Walks ahead and counts, so that whoever reads the files can tell how long it takes."""

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._arguments = arguments
        self.total: int | None = None  # unknown until the walk is over
        self.start()

    def run(self) -> None:
        """Count."""
        self.total = sum(1 for _ in walk(self._arguments))
