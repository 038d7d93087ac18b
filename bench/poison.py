"""An OCR engine for bench.chaos: reads nothing, slowly, and some pages kill the process that reads them."""

import os
import signal
import time

from config.settings import Settings
from workers.ocr import OcrLine, PageImage
from workers.ocr.null import NullEngine

#: A page of this width is poison.
POISON_WIDTH_PX = 666
#: Long enough for a kill to fall into a page.
PAGE_S = 0.1


class PoisonEngine(NullEngine):
    """Like null, but a page of the width of poison ends as a segfault would: no last word, no clean-up."""

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Return one line that names the page's size, or never return."""
        if page.width_px == POISON_WIDTH_PX:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(PAGE_S)
        return super().read(page)


def open_engine(settings: Settings) -> PoisonEngine:
    """Open the engine."""
    return PoisonEngine()
