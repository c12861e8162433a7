"""Motions with known joint angles and wrists."""

from __future__ import annotations

import numpy as np
import torch

from ..hands import pose

#: Fingers forward, palms facing each other: the frame's z points to +x on either hand.
FACING = torch.from_numpy(np.stack([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]], axis=1))


def posed(angles: np.ndarray, wrist: np.ndarray | None = None) -> np.ndarray:
    """Two hands 0.3 m apart with the joint angles ``(T, 2, 20)`` in degrees, moved by ``wrist (T, 2, 3)`` metres."""
    place = np.array([[-0.15, 0.0, 0.0], [0.15, 0.0, 0.0]]) + (
        np.zeros((len(angles), 2, 3)) if wrist is None else wrist
    )
    return pose(torch.from_numpy(angles), torch.from_numpy(place), FACING.expand(len(angles), 2, 3, 3)).numpy()
