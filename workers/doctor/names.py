"""Looks at the names of what is set."""

from config.settings import unknown_names
from workers.doctor.finding import Finding, ok


def examine_names() -> Finding:
    """Look for settings that are misspelt: they are passed over."""
    if unknown := unknown_names():
        return Finding("settings", "warning", " ".join(unknown), "Correct it; docs/settings.md has all names.")
    return ok("settings", "no OCRFLEET_* name is unknown")
