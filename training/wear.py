"""Wears a page as copiers, scanners and time do: soft, pale, unevenly lit, grainy, squeezed."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.text import Random
from workers.ocr.sharpness import Grey

_Light = NDArray[np.floating[Any]]


def wear(pixels: Grey, rng: Random) -> Grey:
    """Wear a page: each kind of damage by chance, none fitted to any scan."""
    chance = np.random.default_rng(rng.getrandbits(32))
    light: _Light = pixels.astype(np.float32) / 255
    light = _blurred(_coarser(light, rng) if rng.random() < 0.2 else light, rng)
    light = 1 - (1 - light) * (rng.uniform(0.4, 1) if rng.random() < 0.8 else 1)
    if rng.random() < 0.2:
        uneven = 0.6 + 0.4 * _clouds(light.shape, chance, rng.randint(4, 30))
        light = 1 - (1 - light) * uneven
    if rng.random() < 0.8:
        light = light * _shade(light.shape, rng, chance)
    light = light + _grain(light.shape, rng, chance)
    worn = (np.clip(light, 0, 1) * 255).astype(np.uint8)
    quality = int(rng.triangular(22, 92, 55))
    encoded = cv2.imencode(".jpg", worn, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded: Grey = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return decoded


def _coarser(light: _Light, rng: Random) -> _Light:
    """Scanned at less, and scaled up."""
    height, width = light.shape
    factor = rng.uniform(0.65, 0.95)
    small = cv2.resize(light, (int(width * factor), int(height * factor)), interpolation=cv2.INTER_AREA)
    scaled: _Light = cv2.resize(small, (width, height), interpolation=rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC)))
    return scaled


def _blurred(light: _Light, rng: Random) -> _Light:
    kind, sigma = rng.random(), rng.triangular(0.4, 1.9, 1.1)
    if kind < 0.75:
        blurred: _Light = cv2.GaussianBlur(light, (0, 0), sigma)
    elif kind < 0.85:  # out of focus
        radius = 1.8 * sigma
        grid = np.hypot(*np.mgrid[-4:5, -4:5])
        disc = np.clip(radius + 0.5 - grid, 0, 1).astype(np.float32)
        blurred = cv2.filter2D(light, -1, disc / disc.sum())
    else:  # more along the one side
        across, down = (sigma * rng.uniform(0.5, 1.3) for _ in "xy")
        blurred = cv2.GaussianBlur(light, (0, 0), sigmaX=across, sigmaY=down)
    return blurred


def _shade(shape: tuple[int, ...], rng: Random, chance: np.random.Generator) -> _Light:
    """Light that falls off to one side, or in clouds."""
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None] * rng.uniform(-1, 1)
    down = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * rng.uniform(-1, 1)
    slope = (across + down + 2) / 4
    mixed = slope if rng.random() < 0.6 else (slope + _clouds(shape, chance, rng.randint(2, 5))) / 2
    shade: _Light = 1 - rng.uniform(0, 0.45) * mixed
    return shade


def _clouds(shape: tuple[int, ...], chance: np.random.Generator, cells: int) -> _Light:
    drawn = chance.random((cells, cells), np.float32)
    clouds: _Light = cv2.resize(drawn, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(clouds, 0, 1)


def _grain(shape: tuple[int, ...], rng: Random, chance: np.random.Generator) -> _Light:
    grain = chance.standard_normal(shape, np.float32)
    if rng.random() < 0.25:
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.4, 1.0))
        grain /= max(1e-6, float(grain.std()))
    strong: _Light = grain * (rng.triangular(0, 16, 5) / 255)
    return strong
