"""Generators that learn nothing: the marks that a model has to leave behind.

``Reference`` is the upper bound, ``RandomClip`` chance with real motion, ``MeanPose`` what a model that
regresses to the mean would give, ``NearestText`` retrieval. In constrained tasks all of them put the given
part into their motion (:func:`~handx_baselines.simple.assemble.give_part`), without blending.
"""

from __future__ import annotations

from .mean_pose import MeanPose
from .nearest_text import NearestText
from .random_clip import RandomClip
from .reference import Reference

__all__ = ["MeanPose", "NearestText", "RandomClip", "Reference"]
