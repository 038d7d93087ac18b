"""Which characters a line may hold: the recogniser knows 18,000 Chinese ones, and sees them in stains."""

from config.settings import Script as Script

#: Blocks of Unicode that invoices in Latin script draw on.
_LATIN = (
    (0x0020, 0x024F),  # Latin with all its accents, ASCII and Latin-1 punctuation
    (0x1E00, 0x1EFF),  # further accents
    (0x2010, 0x2044),  # dashes, quotes, bullets, per mille
    (0x2070, 0x209F),  # superscripts, subscripts
    (0x20A0, 0x20CF),  # currencies
    (0x2100, 0x214F),  # trademark, numero
    (0x2190, 0x2193),  # arrows
    (0x2212, 0x2212),  # minus
    (0x2248, 0x2265),  # comparisons
    (0x25A0, 0x25FF),  # boxes, bullets
    (0x2605, 0x2612),  # stars, ballot boxes
    (0x2713, 0x2718),  # check marks
)
_UNITS = frozenset("μΩ")


def belongs(character: str, script: Script) -> bool:
    """Whether a character may stand in a line."""
    if script == "any" or character in _UNITS:
        return True
    return all(any(first <= ord(part) <= last for first, last in _LATIN) for part in character)
