"""The characters that a recogniser knows, and those of them that documents are written in."""

from collections.abc import Sequence

from jobs.errors import OcrUnavailable
from workers.ocr.ctc import BLANK_NAME, SPACE
from workers.ocr.pp_ocr import PpOcr
from workers.ocr.script import Script, belongs


def read_alphabet(models: PpOcr, own: str | None) -> list[str]:
    """List the characters of the recogniser's columns: of the operator's file, else its `own`, one a line.

    Raises:
        OcrUnavailable: neither says.
    """
    known = models.alphabet()
    if known is None:
        if own is None:
            raise OcrUnavailable(
                f"{models.recogniser} does not say which characters it knows. "
                "Name its list, one character a line, in OCRFLEET_RAPIDOCR_CHARACTERS_PATH."
            )
        known = own.splitlines()
    return [BLANK_NAME, *known, SPACE]


def columns(alphabet: Sequence[str], script: Script) -> list[int]:
    """Pick the columns that have a say: the blank, and the characters of the script."""
    return [index for index, character in enumerate(alphabet) if index == 0 or belongs(character, script)]
