"""Says where an unexpected error came from, never what it says: it may quote the invoice."""

import traceback

from jobs.errors import OcrFailed


def describe(error: Exception) -> str:
    """Name an error by type and place, as the reason of a document; one of an OCR engine by our own message."""
    if isinstance(error, OcrFailed):
        return error.reason
    return f"Unexpected {type(error).__name__} in {_places(error)[-1]}"


def trace(error: Exception) -> str:
    """Name an error by type and all places that it came through, for the log."""
    return f"{type(error).__name__} in {' < '.join(reversed(_places(error)))}"


def _places(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.name} ({frame.filename.rsplit('/', 1)[-1]}:{frame.lineno})" for frame in frames]
