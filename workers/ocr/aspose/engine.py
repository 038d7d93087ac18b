"""Aspose.OCR behind our protocol: what a worker's child opens. It decides what becomes of a text that is cut off."""

import logging

import cv2

from config.settings import Script, Settings
from jobs.errors import OcrFailed, OcrUnavailable
from workers.ocr import OcrLine, PageImage
from workers.ocr.aspose.client import Client
from workers.ocr.aspose.lines import is_cut_off, read_lines
from workers.ocr.aspose.runtime import ELSE
from workers.ocr.aspose.wire import Hello, Reading

log = logging.getLogger(__name__)

#: Native memory does not grow over pages of one size (measured: 0.40 to 0.45 GiB over 400), but it follows the largest.
MOST_PAGES = 500
MOST_MEMORY_MIB = 2048
#: Nobody reads print of fewer pixels, and 26.10 looks at 2 x 3000 of them for half a minute and more.
_LEAST_SIDE_PX = 8


class AsposeEngine:
    """Holds Aspose's process, and starts another after so many pages, at so much memory, and when one died of a page.

    Raises, when opened:
        OcrUnavailable: it can't run here, or it has no licence and the operator allows no trial.
    """

    script: Script | None = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = self._start()
        self._pages = 0
        hello = self._client.hello
        self.truncated = not hello.licensed
        self.name = f"aspose {hello.version} {settings.aspose_language} {settings.aspose_mode}"
        self.name += " trial" if self.truncated else ""

    def read(self, page: PageImage) -> tuple[OcrLine, ...]:
        """Read the lines of a page in reading order.

        Raises:
            OcrFailed: Aspose.OCR failed at this page or died of it.
            OcrUnavailable: it can't be started again, or its licence has run out.
        """
        if min(page.width_px, page.height_px) < _LEAST_SIDE_PX:
            return ()
        self._client = self._client or self._start()
        self._pages += 1
        reading = self._ask(self._client, cv2.imencode(".bmp", page.pixels[:, :, ::-1])[1].tobytes())
        if reading.error:
            raise OcrFailed(f"Aspose.OCR failed at the page: {reading.error}")
        if not self.truncated and is_cut_off(reading):
            raise OcrUnavailable(f"Aspose.OCR's licence holds no longer: the text is cut off. Renew it, {ELSE}.")
        if self._pages >= MOST_PAGES or reading.memory_mib > MOST_MEMORY_MIB:
            self.close()
        return read_lines(reading)

    def close(self) -> None:
        """End Aspose's process. Idempotent."""
        if self._client:
            self._client.close()
        self._client, self._pages = None, 0

    def _start(self) -> Client:
        client = Client(self._settings)
        try:
            _refuse_a_cut_text(client.hello, allow_trial=self._settings.aspose_allow_trial)
        except OcrUnavailable:
            client.close()
            raise
        log.info("Aspose.OCR started.", extra={"event": "aspose.started", "pid": client.pid})
        return client

    def _ask(self, client: Client, image: bytes) -> Reading:
        try:
            return client.read(image)
        except OcrFailed:
            self.close()
            raise


def _refuse_a_cut_text(hello: Hello, *, allow_trial: bool) -> None:
    if hello.licensed or allow_trial:
        return
    why = f"licence does not hold: {hello.license_error}" if hello.license_error else "licence is not set."
    raise OcrUnavailable(
        f"Aspose.OCR's {why} Without one it cuts its text off. Set OCRFLEET_ASPOSE_LICENSE_PATH, {ELSE}. "
        "OCRFLEET_ASPOSE_ALLOW_TRIAL=true takes the cut text, marked as such."
    )
