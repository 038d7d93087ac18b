"""Looks at the OCR engines: which can run here, and Aspose.OCR's licence."""

from collections.abc import Iterator
from datetime import date

from config.settings import Settings
from jobs.errors import OcrNotInstalled, OcrUnavailable
from workers.doctor.finding import Finding, ok
from workers.machine.cpu import has_amx
from workers.machine.gpu import list_gpus
from workers.ocr import ENGINES
from workers.ocr.aspose.license import terms
from workers.ocr.check import check_engine
from workers.ocr.coarse import NO_COARSE
from workers.ocr.cuda.processes import why_on_cpu

TAKE_RAPIDOCR = "Or take another engine: OCRFLEET_ENGINE=rapidocr."
FLOAT32 = "Unset OCRFLEET_OCR_PRECISION on this machine."
RENEW_DAYS = 30


def examine_engines(settings: Settings) -> Iterator[Finding]:
    """Open every engine that reads, each in a process of its own."""
    for name in sorted(set(ENGINES) - {"null"}):
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


def _examine(name: str, settings: Settings) -> Iterator[Finding]:
    try:
        # With a trial, whatever stands in the way is the machine's; the licence is looked at below.
        named = check_engine(name, settings.model_copy(update={"aspose_allow_trial": True}))
    except OcrUnavailable as error:
        needed = name in (settings.engine, "rapidocr") or (name == "aspose" and settings.has_aspose_license)
        if isinstance(error, OcrNotInstalled) and not needed:
            yield ok(f"ocr {name}", f"not installed (extra: {name})")
        else:
            yield Finding(f"ocr {name}", "error" if needed else "warning", str(error), TAKE_RAPIDOCR)
        return
    yield ok(f"ocr {name}", named)
    if name == "rapidocr":
        yield _precision(settings)
    if name == "rapidocr" and named.endswith(NO_COARSE) and settings.rapidocr_coarse:
        yield _coarse(settings)
    if name == "aspose":
        yield _licence(settings, holds=not named.endswith(" trial"))


def _precision(settings: Settings) -> Finding:
    topic, amx = "ocr precision", has_amx()
    if settings.ocr_precision == "bfloat16" and not amx:
        return Finding(topic, "warning", "bfloat16 is slower than float32 on this CPU, which has no AMX", FLOAT32)
    if settings.ocr_precision == "float32" and amx:
        return ok(
            topic, "float32; OCRFLEET_OCR_PRECISION=bfloat16 takes half the time on this CPU (docs/operations.md)"
        )
    return ok(topic, settings.ocr_precision)


def _coarse(settings: Settings) -> Finding:
    topic = "ocr coarse pages"
    if settings.rapidocr_recogniser_path:
        return ok(topic, "read as all pages are, by the recogniser that you named")
    mend = "Install RapidOCR as requirements.lock has it, or train anew (training/README.md)."
    return Finding(
        topic, "warning", "read as all pages are: our weights for them are not for RapidOCR's recogniser", mend
    )


def _licence(settings: Settings, *, holds: bool) -> Finding:
    topic, (ends, releases_until) = "aspose licence", terms(settings)
    until = f", until {ends}" if ends else ""
    until += f", for releases until {releases_until}" if releases_until else ""
    if holds and ends and (ends - date.today()).days < RENEW_DAYS:
        return Finding(topic, "warning", f"holds{until}", "Renew it in time.")
    if holds:
        return ok(topic, f"holds{until}")
    if settings.has_aspose_license:
        said = f" It says that it holds{until}." if until else ""
        return Finding(topic, "error", f"{_why_not(settings)}{said}", f"Renew or correct it. {TAKE_RAPIDOCR}")
    needed = settings.engine == "aspose" and not settings.aspose_allow_trial
    text = "none: the engine auto takes RapidOCR, since Aspose.OCR cuts its text off"
    return Finding(topic, "error" if needed else "warning", text, "Set OCRFLEET_ASPOSE_LICENSE_PATH.")


def _why_not(settings: Settings) -> str:
    """What Aspose.OCR says of a licence that does not hold."""
    try:
        check_engine("aspose", settings.model_copy(update={"aspose_allow_trial": False}))
    except OcrUnavailable as error:
        return str(error)
    return "text would be cut off"
