"""Any kind of samples as red, green and blue of 8 bits."""

import numpy as np
from PIL import Image, ImageOps


def to_rgb(image: Image.Image, *, is_negative: bool = False) -> Image.Image:
    """Make any mode RGB: transparency on white, 16 bits cut to 8."""
    if image.mode.startswith(("I", "F")):
        grey = _from_deep_grey(image)
        return (ImageOps.invert(grey) if is_negative else grey).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float samples: their own range over 8 bits, since no header tells which part is used.

    Whole numbers up to 65535 fill the bits that they need: scanners and cameras keep 10, 12 or 14 bits in 16.
    """
    samples = np.asarray(image, dtype=np.float32)
    low, high = float(samples.min()), float(samples.max())
    if image.mode.startswith("I") and low >= 0 and high <= 65535:
        low, high = 0.0, float((1 << max(8, int(high).bit_length())) - 1)
    return Image.fromarray(((samples - low) * (255 / max(high - low, 1e-9))).round().astype(np.uint8))
