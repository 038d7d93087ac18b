"""How ocrfleet logs: one line a record, with the event's fields behind the sentence. Called by entry points only."""

import logging
import sys

#: Fields of `extra=` that are printed, in this order. Never a document's text.
FIELDS = ("event", "batch", "document", "part", "attempt", "state", "pid")


class FieldFormatter(logging.Formatter):
    """Puts the fields behind the sentence."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line = super().format(record)
        fields = [f"{name}={value}" for name in FIELDS if (value := record.__dict__.get(name)) is not None]
        return f"{line}  {' '.join(fields)}" if fields else line


def configure_logging(level: str = "INFO") -> None:
    """Send records to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
