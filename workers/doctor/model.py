"""Looks at the correction model: is it here, whole, known by its checksum, and free to use."""

from collections.abc import Iterator

from config.settings import Settings
from jobs.errors import ModelError
from workers.doctor.finding import Finding, Level, ok
from workers.models.survey import Entry, choice_of, survey

FREE_MODEL = "Take one under Apache-2.0: docs/models.md."


def examine_model(settings: Settings) -> Iterator[Finding]:
    """Look at the model that the settings choose."""
    try:
        chosen = next((entry for entry in survey(settings) if entry.chosen), None)
    except ModelError as error:
        yield Finding("model", "error", str(error), "See: ocrfleet-worker models list")
        return
    if chosen:
        yield from _examine(chosen)
    else:
        level: Level = "warning" if settings.allow_auto_download else "error"
        text = f"not on this machine; {choice_of(settings)[1]}"
        yield Finding("model", level, text, "Run: ocrfleet-worker models pull")


def _examine(entry: Entry) -> Iterator[Finding]:
    if entry.problem:
        yield Finding("model", "error", entry.problem, "See: ocrfleet-worker models list")
        return
    yield ok("model", f"{entry.name}, {entry.size_bytes >> 20} MiB: {entry.chosen}")
    if entry.sha256:
        yield ok("model checksum", f"SHA-256 {entry.sha256[:16]}..., unchanged in size and time since")
    else:
        yield Finding("model checksum", "warning", "not computed yet", "Run: ocrfleet-worker models verify")
    if entry.license.notice:
        yield Finding("model licence", "warning", entry.license.notice, FREE_MODEL)
    else:
        yield ok("model licence", entry.license.name)
