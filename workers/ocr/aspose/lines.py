"""Turns what Aspose.OCR says of a page into lines of ours."""

from jobs.result import Box
from workers.ocr import OcrLine
from workers.ocr.aspose.wire import Line, Reading
from workers.ocr.order import reading_order

#: Stands in the warnings where Aspose.OCR has cut a text off for want of a licence, and between asterisks in the text.
_MARK = "Trial License"

Characters = tuple[tuple[str, tuple[str, ...]], ...]
Alternatives = tuple[tuple[tuple[str, float], ...], ...]


def is_cut_off(reading: Reading) -> bool:
    """Whether a part of the page's text was withheld. An invoice for a trial licence names one, too: in plain print."""
    notices = (*reading.warnings, *(line for line in reading.text.splitlines() if line.strip().startswith("*")))
    return any(_MARK in notice for notice in notices)


def read_lines(reading: Reading) -> tuple[OcrLine, ...]:
    """The page's lines in reading order, less what Aspose.OCR says of its licence.

    It names other readings best first and without a probability: theirs is 0. So is a line's confidence where it
    computes none: for languages with diacritics, and with a temporary licence.
    """
    alternatives, cut_off = _spread(reading), is_cut_off(reading)
    lines = [
        OcrLine(line.text, _box(line), line.confidence, others)
        for line, others in zip(reading.lines, alternatives, strict=True)
        if line.text.strip(" *") and not (cut_off and _MARK in line.text)
    ]
    return tuple(lines[index] for index in reading_order([line.box for line in lines]))


def _spread(reading: Reading) -> list[Alternatives]:
    """Give each line its part of the page's characters; none where they do not spell it."""
    text = "".join(character for character, _ in reading.characters)
    if len(text) != len(reading.characters):
        return [() for _ in reading.lines]
    at = 0
    spread: list[Alternatives] = []
    for line in reading.lines:
        found = text.find(line.text, at)
        if found < 0:
            spread.append(())
            continue
        at = found + len(line.text)
        spread.append(tuple(tuple((other, 0.0) for other in others) for _, others in reading.characters[found:at]))
    return spread


def _box(line: Line) -> Box:
    right, bottom = line.left + line.width, line.top + line.height
    return ((line.left, line.top), (right, line.top), (right, bottom), (line.left, bottom))
