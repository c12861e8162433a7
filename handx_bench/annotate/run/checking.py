"""The one door to motion codes, descriptions by rules, and the check of texts against a motion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...data.clip import Clip
from ..llm.conversation import Checks
from ..llm.rendering import render
from ..texts import Texts

if TYPE_CHECKING:
    from ..codes import MotionCodes


def revision() -> int:
    """Enters every fingerprint: another revision may see other claims in the same text."""
    from ..claims import CLAIMS_REVISION

    return CLAIMS_REVISION


def payload(clip: Clip) -> dict[str, Any]:
    """What a language model is told of a clip: its motion codes, in short."""
    return render(_codes(clip).to_json())


def check(clip: Clip, texts: Texts) -> Checks:
    """What the motion says to ``texts``."""
    from ..claims import check_texts

    return check_texts(texts, _codes(clip))


def describe(clip: Clip, seed: int) -> Texts:
    """The texts that rules give a clip; ``seed`` chooses between wordings, for each clip anew."""
    from ..describe import describe as by_rules
    from ..describe import seed_of

    return by_rules(_codes(clip), seed_of(seed, clip.clip_id))


_latest: tuple[Clip, MotionCodes] | None = None


def _codes(clip: Clip) -> MotionCodes:
    """Codes of the clip; those of the latest are kept, since what is described is then checked."""
    global _latest
    if _latest is None or _latest[0] is not clip:
        from ..codes import motion_codes

        _latest = clip, motion_codes(clip.motion, clip.fps)
    return _latest[1]
