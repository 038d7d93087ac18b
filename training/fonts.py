"""The families of fonts that lines are drawn with: those of Debian 12, found by the names of their files."""

from functools import cache
from pathlib import Path

from PIL import ImageFont

#: File names begin so; packages in README.md. The first are what invoices are mostly set in.
_COMMON = (
    *("Carlito", "LiberationSans-", "Arimo", "NimbusSans-", "LiberationSerif", "DejaVuSans-", "DejaVuSans."),
    *("OpenSans", "Lato-", "NotoSans-"),
)
_OTHERS = (
    *("LiberationSansNarrow", "LiberationMono", "DejaVuSerif-", "DejaVuSansCondensed", "FreeSans", "FreeSerif"),
    *("FreeMono", "Roboto-", "RobotoCondensed", "RobotoSlab", "NotoSerif-", "NotoSansDisplay-", "NimbusRoman"),
    *("NimbusMonoPS", "NimbusSansNarrow", "P052", "C059", "URWBookman", "URWGothic", "Tinos", "Cousine", "Inter-"),
    *("InterDisplay-", "Cabin", "Vollkorn-", "EBGaramond12", "JetBrainsMono-", "B612-", "Manrope", "Play-", "PTS"),
    *("PTF", "PTM", "PTN", "Quicksand", "lmroman10-", "lmsans10-", "lmmono10-", "Gentium", "OCRB", "Courier Prime"),
)
_HELD_OUT = ("Cantarell", "Caladea", "DejaVuSansMono", "Karla-", "YanoneKaffeesatz")
_UNWANTED = (
    *("Hairline", "Thin", "Black", "Heavy", "Light", "ExtraBold", "Dunhill", "caps", "Ornaments", "BX", "Slanted-"),
)
_MARKED = ("Bold", "Bd", "Demi", "Semi", "bold", "Ita", "Obl", "ital", "obli", "-I.", "-B", "76F", "56F", "77F", "BX")
_MOST_COMMON = 0.5  # of the pages


@cache
def families(folders: tuple[Path, ...], held_out: bool) -> tuple[tuple[tuple[Path, ...], ...], tuple[float, ...]]:
    """Files of each family, and the families' weights."""
    files = sorted(path for folder in folders for path in folder.rglob("*.[to]tf"))
    wanted = [path for path in files if not any(part in path.name for part in _UNWANTED)]
    found, weights = [], []
    for names, share in ((_HELD_OUT, 1.0),) if held_out else ((_COMMON, _MOST_COMMON), (_OTHERS, 1 - _MOST_COMMON)):
        for name in names:
            if family := tuple(path for path in wanted if path.name.startswith(name)):
                found.append(family)
                weights.append(share / len(names))
    return tuple(found), tuple(weights)


def upright(family: tuple[Path, ...]) -> tuple[Path, ...]:
    """The family's files that are neither bold nor slanted, or all."""
    return tuple(path for path in family if not any(sign in path.name for sign in _MARKED)) or family


@cache
def font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    """Open a font."""
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.BASIC)
