"""What passes between a worker's child and Aspose's own process, as JSON over a pipe. Images pass as they are."""

from jobs.contract import Frozen


class Plan(Frozen):
    """How Aspose.OCR is to run. Sent over the pipe, since it may hold a licence."""

    license_path: str = ""
    license_text: str = ""
    metered_keys: tuple[str, str] | None = None
    language: str
    mode: str  # page, invoice, receipt
    resources_path: str = ""
    threads: int


class Hello(Frozen):
    """What the process answers once Aspose.OCR has read an empty page, or could not."""

    version: str = ""
    licensed: bool = False
    license_error: str = ""
    error: str = ""


class Line(Frozen):
    """A line as Aspose.OCR read it: its box upright, in pixels."""

    text: str
    left: float
    top: float
    width: float
    height: float
    confidence: float


class Reading(Frozen):
    """A page as Aspose.OCR read it."""

    lines: tuple[Line, ...] = ()
    text: str = ""
    warnings: tuple[str, ...] = ()
    characters: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of all lines in turn, with other readings of each
    memory_mib: int = 0  # that the process holds once it has read it
    error: str = ""
