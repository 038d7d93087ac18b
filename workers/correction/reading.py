"""Lists what an amount in an equation that fails may be instead."""

import re

from workers.correction import glyph
from workers.correction.currency import signed
from workers.correction.notation import Notation
from workers.correction.table import Cell

#: Of a figure read more surely than this only a lost mark or sign is believed: the document itself may not add up.
_SURE = 0.998
#: No witness tells a minus from a speck: equations are let pass without their signs.
_SIGN = re.compile(r"[-−–+()]")


def readings(cell: Cell, notation: Notation) -> set[str]:
    """What the engine saw, digits that look alike, a lost decimal mark, a sign read as a digit."""
    text, mark = cell.figure.final, cell.amount.mark
    found = {_marked(reading, mark) for reading, _ in cell.figure.readings}
    if cell.figure.confidence < _SURE:
        found |= set(glyph.misread_digits(text))
    if not mark and (lost := re.fullmatch(r"(\D*\d+?) ?(\d\d)(\D*)", text)):
        found |= {f"{lost[1]}{each}{lost[2]}{lost[3]}" for each in notation.mark or ".,"}
    if percent := misread_percent(cell):
        found.add(percent)
    if with_sign := signed(text, notation.prefix):
        found.add(with_sign)
    return {reading for reading in found if _SIGN.findall(reading) == _SIGN.findall(text)} - {text}


def misread_percent(cell: Cell) -> str:
    """A rate whose percent sign was read as a digit: `198` for `19%`; "" where it can't be."""
    found = re.fullmatch(r"([1-9]\d?)[689]", cell.figure.final)
    return f"{found[1]}%" if found and cell.figure.kind == "number" else ""


def _marked(reading: str, mark: str) -> str:
    """A reading of the raw figure, with the decimal mark that the figure has by now."""
    found = re.fullmatch(r"(.*\d)[.,](\d{2}\D*)", reading)
    return f"{found[1]}{mark}{found[2]}" if found and mark else reading
