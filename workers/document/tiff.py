"""What Pillow 13 leaves undone of TIFF: small copies among its pages, and 16-bit samples, negative or in planes."""

from PIL import Image

from jobs.errors import UnsupportedDocument

_NEW_SUBFILE_TYPE, _BITS_PER_SAMPLE, _COMPRESSION, _PHOTOMETRIC, _PLANAR = 254, 258, 259, 262, 284
_REDUCED, _NONE, _WHITE_IS_ZERO, _IN_PLANES = 1, 1, 0, 2


def is_copy(frame: Image.Image) -> bool:
    """Whether a frame says that it is another one made smaller."""
    kind = _tags(frame).get(_NEW_SUBFILE_TYPE, 0)
    return isinstance(kind, int) and bool(kind & _REDUCED)


def is_negative(image: Image.Image) -> bool:
    """Whether 0 is white in samples of 16 bits; of 8 bits, Pillow sees to it."""
    return image.mode.startswith("I;16") and _tags(image).get(_PHOTOMETRIC) == _WHITE_IS_ZERO


def check_planes(image: Image.Image) -> None:
    """Refuse uncompressed colours in planes of 16 bits each: Pillow would read half of each plane, at twice its size.

    Raises:
        UnsupportedDocument: they are so.
    """
    tags, bands = _tags(image), len(image.getbands())
    in_planes = tags.get(_PLANAR) == _IN_PLANES and tags.get(_COMPRESSION) == _NONE
    if bands > 1 and in_planes and tags.get(_BITS_PER_SAMPLE) == (16,) * bands:
        raise UnsupportedDocument(
            "The TIFF holds its colours apart, with 16 bits each. Save it with 8 bits, or as PNG."
        )


def _tags(image: Image.Image) -> dict[int, object]:
    return getattr(image, "tag_v2", {})
