"""Looks at the OCR engines: which can run here, and Aspose.OCR's licence."""

from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version

from config.settings import Settings
from jobs.errors import OcrUnavailable
from workers.doctor.finding import Finding, ok
from workers.gpu import list_gpus
from workers.ocr.aspose.license import expiry
from workers.ocr.check import check_engine
from workers.ocr.cuda.processes import why_on_cpu

#: Engines that are an extra, with the package that brings each.
EXTRAS = {"aspose": "aspose-ocr-python-net", "tesseract": "tesserocr"}
TAKE_RAPIDOCR = "Or take another engine: OCRFLEET_ENGINE=rapidocr."
RENEW_DAYS = 30


def examine_engines(settings: Settings) -> Iterator[Finding]:
    """Open every engine that is installed, each in a process of its own."""
    for name in ("rapidocr", *EXTRAS):
        if name in EXTRAS and name != settings.engine and not _is_installed(EXTRAS[name]):
            yield ok(f"ocr {name}", f"not installed (extra: {name})")
        else:
            yield from _examine(name, settings)


def examine_device(settings: Settings) -> Finding:
    """Say where RapidOCR would run, and why."""
    gpus = list_gpus()
    why = why_on_cpu(settings, gpus)
    if not why:
        return ok("ocr device", "the GPU")
    text = f"the CPU: {why}"
    if settings.ocr_device == "gpu":
        return Finding("ocr device", "error", text, "Mend it, or take another device: OCRFLEET_OCR_DEVICE=auto.")
    if gpus and settings.ocr_device == "auto":
        return Finding("ocr device", "warning", text, "Mend it, or say that it is meant: OCRFLEET_OCR_DEVICE=cpu.")
    return ok("ocr device", text)


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _examine(name: str, settings: Settings) -> Iterator[Finding]:
    try:
        # With a trial, whatever stands in the way is the machine's; the licence is looked at below.
        named = check_engine(name, settings.model_copy(update={"aspose_allow_trial": True}))
    except OcrUnavailable as error:
        needed = name in (settings.engine, "rapidocr") or (name == "aspose" and settings.has_aspose_license)
        yield Finding(f"ocr {name}", "error" if needed else "warning", str(error), TAKE_RAPIDOCR)
        return
    yield ok(f"ocr {name}", named)
    if name == "aspose":
        yield _licence(settings, holds=not named.endswith(" trial"))


def _licence(settings: Settings, *, holds: bool) -> Finding:
    topic, ends = "aspose licence", expiry(settings)
    until = f", until {ends}" if ends else ""
    if holds and ends and (ends - date.today()).days < RENEW_DAYS:
        return Finding(topic, "warning", f"holds{until}", "Renew it in time.")
    if holds:
        return ok(topic, f"holds{until}")
    if settings.has_aspose_license:
        return Finding(topic, "error", f"does not hold{until}: text would be cut off", f"Renew it. {TAKE_RAPIDOCR}")
    needed = settings.engine == "aspose" and not settings.aspose_allow_trial
    text = "none: the engine auto takes RapidOCR, since Aspose.OCR cuts its text off"
    return Finding(topic, "error" if needed else "warning", text, "Set OCRFLEET_ASPOSE_LICENSE_PATH.")
