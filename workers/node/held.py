"""What a worker holds on its devices: the engines, and the OCR processes beside them."""

from workers.llm.engines import Engines
from workers.ocr.cuda.processes import OcrProcesses


class Held:
    """Both, as those see it who free, revive and end them."""

    def __init__(self, engines: Engines, ocr: OcrProcesses) -> None:
        self.engines = engines
        self.ocr = ocr

    def revive(self) -> None:
        """Start again what something has killed. Idempotent; for the worker's timer."""
        self.engines.revive()
        self.ocr.revive()

    def free(self) -> dict[str, str]:
        """Give all memory back until the next page. Idempotent."""
        return {**self.engines.free(), **self.ocr.free()}

    def facts(self) -> dict[str, dict[str, object]]:
        """What each engine and each OCR process is and has done."""
        return {**self.engines.facts(), **self.ocr.facts()}

    def stop(self) -> None:
        """End all for good. Idempotent."""
        try:
            self.engines.stop()
        finally:
            self.ocr.stop()
