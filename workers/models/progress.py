"""How long work on a big file is told: as figures to a callback, in lines where there is no terminal."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # what, bytes done, bytes in all


def mib(size_bytes: int) -> str:
    """A size for a person: `93.8 MiB`."""
    return f"{size_bytes / (1 << 20):,.1f} MiB"


def in_tenths(say: Callable[[str], None]) -> Progress:
    """A progress that says one line for each tenth, for logs and pipes."""
    said: dict[str, int] = {}

    def report(what: str, done: int, total: int) -> None:
        tenth = done * 10 // max(total, 1)
        if said.get(what) != tenth:
            said[what] = tenth
            say(f"{what}: {mib(done)} of {mib(total)} ({tenth * 10} %)")

    return report
