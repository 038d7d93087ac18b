"""Which ocrfleet this is."""

from importlib.metadata import version

from jobs.contract import PIPELINE_VERSION


def version_line(command: str) -> str:
    """What a command says when it is asked for its version. Results differ between pipelines, not between releases."""
    return f"{command} {version('ocrfleet')} (pipeline {PIPELINE_VERSION})"
