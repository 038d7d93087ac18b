"""How large an image file is as a page: its resolution, and the rows that a fax lacks."""

from PIL import ExifTags, Image

_A4_LONG_SIDE_INCHES = 11.69
_PLAUSIBLE_LONG_SIDE_INCHES = (3.0, 40.0)
#: Fax has 204 x 98 pixels per inch. As it is stored, 0.51 to 0.90 of the words of three such pages were read, in square
#: pixels 0.88 to 0.96. A page that would be longer than so many times its width was stored in square ones.
_SQUASHED, _LONGEST = (1.2, 4.0), 2.0
_LYING = (5, 6, 7, 8)  # orientations of EXIF


def resolution_dpi(image: Image.Image) -> int:
    """Pixels per inch as the file states them, or of an A4 page where that can't be true (72 on a camera's photo)."""
    long_side_px = max(image.size)
    stated, _ = _stated_dpi(image)
    least, most = _PLAUSIBLE_LONG_SIDE_INCHES
    if stated > 0 and least <= long_side_px / stated <= most:
        return round(stated)
    return max(1, round(long_side_px / _A4_LONG_SIDE_INCHES))


def rows(image: Image.Image) -> int:
    """Rows of the image in square pixels: more than it has where it is a fax."""
    across_dpi, down_dpi = _stated_dpi(image)
    squashed, (least, most) = across_dpi / down_dpi if down_dpi > 0 else 1.0, _SQUASHED
    is_fax = least <= squashed <= most and image.height * squashed <= _LONGEST * image.width
    lies = is_fax and image.getexif().get(ExifTags.Base.Orientation) in _LYING
    return round(image.height * squashed) if is_fax and not lies else image.height


def _stated_dpi(image: Image.Image) -> tuple[float, float]:
    """Pixels per inch across and down as the file states them; 0 where it does not."""
    try:
        across_dpi, down_dpi = map(float, image.info.get("dpi", (0, 0)))
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0, 0.0
    return across_dpi, down_dpi
