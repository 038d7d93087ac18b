"""Says whether an OCR engine can run here, in a process of its own: what aborts there aborts nothing else."""

import contextlib
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.ocr import open_engine


def check_engine(name: str, settings: Settings) -> str:
    """Open the engine and close it again; returns its name with its version.

    Raises:
        OcrUnavailable: it can't run on this machine; the message says what mends it.
        UsageError: there is no such engine.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        try:
            return process.submit(_open, name, settings).result()
        except BrokenProcessPool:
            raise OcrUnavailable(f"The OCR engine {name} ends its process as it starts. Install it anew.") from None


def _open(name: str, settings: Settings) -> str:
    with contextlib.closing(open_engine(name, settings)) as engine:
        return engine.name
