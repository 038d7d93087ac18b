"""Which PP-OCR models RapidOCR reads with: those in its wheel, or an operator's own files. Nothing is downloaded."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import rapidocr

from config.settings import Settings
from jobs.errors import OcrUnavailable

_WHEEL = Path(rapidocr.__file__).parent / "models"


@dataclass(frozen=True, slots=True)
class PpOcr:
    """The files of the models. `characters` is needed where the recogniser does not carry its own."""

    detector: Path = _WHEEL / "PP-OCRv6_det_small.onnx"
    recogniser: Path = _WHEEL / "PP-OCRv6_rec_small.onnx"
    classifier: Path = _WHEEL / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
    characters: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> "PpOcr":
        """Take what the settings name, and the wheel's where they name nothing.

        Raises:
            OcrUnavailable: a file that is named is not there.
        """
        named = {
            "detector": settings.rapidocr_detector_path,
            "recogniser": settings.rapidocr_recogniser_path,
            "characters": settings.rapidocr_characters_path,
        }
        for role, path in named.items():
            if path and not path.is_file():
                setting = f"OCRFLEET_RAPIDOCR_{role.upper()}_PATH"
                raise OcrUnavailable(f"There is no file {path}, which {setting} names. Put it there, or unset it.")
        return cls(**{role: path for role, path in named.items() if path})

    @property
    def name(self) -> str:
        """Name them for provenance; files of one's own with what tells their content."""
        if (self.detector, self.recogniser) == (PpOcr().detector, PpOcr().recogniser):
            return "PP-OCRv6 small"
        return " ".join(f"{path.stem}@{_digest(path)}" for path in (self.detector, self.recogniser))

    def alphabet(self) -> list[str] | None:
        """The recogniser's characters, one a line of the file; None where the recogniser carries them."""
        return self.characters.read_text(encoding="utf-8").splitlines() if self.characters else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8]
