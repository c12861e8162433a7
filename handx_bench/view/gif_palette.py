"""The colours of a GIF: one palette for all pictures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

from .drawing import CONTACT_COLOUR, GREY, HAIRLINE, INK, LEFT_COLOUR, PAPER, RIGHT_COLOUR, TINT


def to_palette(picture: Image.Image) -> Image.Image:
    """An RGB picture in the palette."""
    palette, nearest = colour_table()
    steps = np.asarray(picture) >> 3
    image = Image.fromarray(nearest[steps[..., 0], steps[..., 1], steps[..., 2]])
    image.putpalette(palette)
    return image


@lru_cache(maxsize=1)
def colour_table() -> tuple[bytes, np.ndarray]:
    """One palette for all pictures, and ``(32, 32, 32)`` its entry nearest to a colour given in steps of 8.

    It holds every colour in use on its way to white, to ink and to its neighbours. (Pillow's own mapping to a given
    palette is coarse: it turns white bluish.)
    """
    inks = np.array([INK, LEFT_COLOUR, RIGHT_COLOUR, CONTACT_COLOUR, GREY, (0, 0, 0)], dtype=float)
    colours = [np.array([PAPER, TINT, HAIRLINE], dtype=float), inks]
    colours += [ink + (255 - ink) * t for ink in inks[:3] for t in np.linspace(0.05, 0.95, 45)[:, None]]
    colours += [ink + (255 - ink) * t for ink in inks[3:5] for t in np.linspace(0.1, 0.9, 12)[:, None]]
    pairs = [(1, 2), (1, 3), (2, 3), (3, 5), (1, 5), (2, 5)]
    colours += [inks[a] + (inks[b] - inks[a]) * t for a, b in pairs for t in np.linspace(0.15, 0.85, 8)[:, None]]
    palette = np.unique(np.round(np.vstack(colours)).astype(np.uint8), axis=0)
    steps = np.stack(np.meshgrid(*[np.arange(32) * 255 / 31] * 3, indexing="ij"), axis=-1)
    nearest = cKDTree(palette.astype(float)).query(steps)[1].astype(np.uint8)
    return palette.tobytes(), nearest
