"""Choreographies of gestures that take two hands, palm to palm or fingertip to fingertip."""

from __future__ import annotations

import itertools

import numpy as np

from ...hand.angles import FLEXIONS
from ...hand.skeleton import HANDS, LEFT, RIGHT, TIP_FINGERS
from . import postures as p
from .draw import Draw
from .plan import FRAMES, WORLD, Facts, Goal, Hold, Plan, Pose, Touch, combine, mirrored, mobility, offset
from .single import TIP_TIP_M, resting
from .timing import LAST, Phase, beats, pair_phase
from .trajectory import minimum_jerk

#: Exact distance between the palms' triangles when the palms lie on each other, in metres: flesh on flesh.
PALM_PALM_M = 0.026
Palm = np.ndarray


def meeting_point(draw: Draw) -> np.ndarray:
    """Where the hands meet, before the chest."""
    return np.array([draw.uniform(-0.03, 0.03), draw.uniform(0.28, 0.36), draw.uniform(0.02, 0.12)])


def praying(draw: Draw, palm: Palm, angles: np.ndarray, tilt: float, gap: float) -> Pose:
    """Hands facing each other with their palms' centres ``gap`` apart; ``tilt`` degrees brings the fingers nearer."""
    centre, lean, turn = meeting_point(draw), draw.uniform(15.0, 65.0), draw.uniform(-12.0, 12.0)
    up = np.array([0.0, np.cos(np.deg2rad(lean)), np.sin(np.deg2rad(lean))])
    rotations, wrists = [], []
    for hand in (LEFT, RIGHT):
        inward = mirrored(hand, (-1.0, 0.0, 0.0))
        c, s = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
        rotation = p.orientation(hand, c * up + s * inward, c * inward - s * up)
        wrists.append(centre - inward * gap / 2.0 - rotation @ np.array([0.6 * palm[1, 0], 0.0, 0.0]))
        rotations.append(rotation)
    # Both are turned together about the vertical through the meeting point.
    about = p.turned(np.eye(3), np.array([0.0, 0.0, 1.0]), turn)
    wrist = np.stack([centre + about @ (w - centre) for w in wrists])
    one = p.disturbed(draw, angles, 1.5)
    return Pose(np.stack([one, one + draw.array(-0.7, 0.7, 20)]), wrist, np.stack([about @ r for r in rotations]))


def palm_gap(palm: Palm) -> float:
    """Distance of the palms' planes at which mirrored palms are ``PALM_PALM_M`` apart at their nearest."""
    return PALM_PALM_M + 2.0 * float(np.max(-palm[:, 2]))


def apart(pose: int, at: Pose, metres: tuple[float, float], angles: np.ndarray | None = None) -> Pose:
    """The solved pose number ``pose`` with the hands drawn apart along the line between the wrists.

    Flexions change as from the planned pose to ``angles``; abductions stay, so that fingers keep their gaps.
    """
    line = at.wrist[RIGHT] - at.wrist[LEFT]
    line = line / np.sqrt((line * line).sum())
    bend = np.zeros((2, 20))
    if angles is not None:
        bend[:, FLEXIONS] = (angles - at.angles)[:, FLEXIONS]
    return Pose(at.angles, at.wrist, at.rotation, base=pose, bend=bend,
                lift=np.stack([-metres[0] * line, metres[1] * line]))  # fmt: skip


def drawn(at: Pose, metres: float) -> Pose:
    """The same pose with both hands drawn apart."""
    line = at.wrist[RIGHT] - at.wrist[LEFT]
    line = line / np.sqrt((line * line).sum()) * metres
    return Pose(at.angles, at.wrist + np.stack([-line, line]), at.rotation)


def approach(draw: Draw, phase: Phase, ready: float) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """Both hands go from rest (0) to ready (1), the one that follows setting out and arriving later."""
    early = draw.uniform(0.0, 2.0)
    lines = []
    for hand in (LEFT, RIGHT):
        lines.append([(early + 0.5 * phase.lags[hand], 0), (ready - phase.lag + phase.lags[hand], 1)])
    return lines[0], lines[1]


def clap(draw: Draw, palm: Palm) -> Plan:
    """The palms strike each other; both hands move, or one claps onto the other."""
    repetitions = draw.choice((1, 2, 2, 3))
    phase = pair_phase(draw)
    mover = draw.choice((None, None, LEFT, RIGHT))
    meet = praying(draw, palm, p.FLAT, 0.0, palm_gap(palm))
    ready = 12.0 + phase.lag
    beat_list = beats(draw, repetitions, ready + draw.uniform(0.0, 2.0), LAST - draw.uniform(1.0, 5.0))
    # The way of a hand per frame of opening, the quicker part, keeps its peak (1.875 × mean) speed below 2.4 m/s.
    most = 0.042 * (beat_list[0].end - beat_list[0].off)
    wide = draw.uniform(0.06, 0.12)
    alone = min(2.0 * wide, most)
    open_by = (min(wide, most),) * 2 if mover is None else (alone, 0.0) if mover == LEFT else (0.0, alone)
    poses = [resting(draw), apart(2, meet, open_by), meet]
    lines = approach(draw, phase, ready)
    touches = []
    for b in beat_list:
        for hand in (LEFT, RIGHT):
            lines[hand].extend([(b.start, 1), (b.on, 2), (b.off, 2), (b.end, 1)])
        touches.append(Touch("palm-palm", ("left", "palm"), ("right", "palm"), b.on, b.off))
    words = {"mover": "both" if mover is None else HANDS[mover]}
    facts = Facts("clap", ("left", "right"), phase.name, repetitions, phase.lag, tuple(touches), words)
    return Plan(facts, poses, lines, shared_sway=True)


def palm_rub(draw: Draw, palm: Palm) -> Plan:
    """The palms lie on each other and slide along the fingers or in circles."""
    cycles = draw.choice((1, 2, 2, 3))
    phase = pair_phase(draw)
    style = draw.choice(("back and forth", "in circles"))
    meet = praying(draw, palm, p.FLAT, 0.0, palm_gap(palm))
    between = combine(
        (0.4, RIGHT, "wrist"), (0.6, RIGHT, "middle_mcp"), (-0.4, LEFT, "wrist"), (-0.6, LEFT, "middle_mcp")
    )
    meet.solve = (0,)
    # Seen from the left palm the other lies on the palmar side.
    goal = offset(between, LEFT, (0.0, 0.0, -palm_gap(palm)))
    away = draw.uniform(0.05, 0.10)
    poses = [resting(draw), apart(1 + 1, meet, (away, away)), meet]
    ready = 11.0 + phase.lag
    on, off = ready + draw.uniform(6.0, 8.0), LAST - draw.uniform(6.0, 10.0)
    lines = approach(draw, phase, ready)
    for hand in (LEFT, RIGHT):
        lines[hand].extend([(ready, 1), (on, 2), (off, 2), (off + 6.0, 1)])
    path = rubbing(draw, style, on, off, cycles)
    touch = Touch("palm-palm", ("left", "palm"), ("right", "palm"), on, off)
    facts = Facts("palm_rub", ("left", "right"), phase.name, cycles, phase.lag, (touch,), {"style": style})
    move = mobility({}, (0.02, 0.02))
    return Plan(facts, poses, lines, [goal], [Hold(0, on, off, 5.0, path)], move, shared_sway=True)


def rubbing(draw: Draw, style: str, on: float, off: float, cycles: int) -> np.ndarray:
    """Path ``(60, 3)`` in the plane of the palm that begins and ends smoothly at 0."""
    frames = np.arange(FRAMES, dtype=float)
    share = np.clip((frames - on) / (off - on), 0.0, 1.0)
    ease = minimum_jerk(share / 0.2) * minimum_jerk((1.0 - share) / 0.2)
    turn = 2.0 * np.pi * cycles * share
    far, wide = draw.uniform(0.014, 0.022), draw.uniform(0.008, 0.013)
    path = np.zeros((FRAMES, 3))
    path[:, 0] = far * np.sin(turn) * ease
    if style == "in circles":
        path[:, 0] = path[:, 0] * 0.7
        path[:, 1] = draw.choice((-1.0, 1.0)) * wide * np.cos(turn) * ease
    return path


def steeple(draw: Draw, palm: Palm) -> Plan:
    """The fingertips of both hands meet, finger by finger, the palms apart."""
    phase = pair_phase(draw)
    repetitions = draw.choice((1, 1, 2))
    length = palm[1, 0] / 0.446
    meet = praying(draw, palm, p.STEEPLE, 14.0, draw.uniform(0.40, 0.46) * length)
    across = meet.wrist[RIGHT] - meet.wrist[LEFT]
    across = across / np.sqrt((across * across).sum()) * TIP_TIP_M
    goals = [offset(combine((1, RIGHT, f"{f}_tip"), (-1, LEFT, f"{f}_tip")), WORLD, tuple(across)) for f in TIP_FINGERS]
    meet.solve = tuple(range(len(goals)))
    away = draw.uniform(0.03, 0.06)
    poses = [resting(draw), apart(2, meet, (away, away), p.OPEN * 0.5 + p.STEEPLE * 0.5), meet]
    ready = 12.0 + phase.lag
    lines, holds, touches = approach(draw, phase, ready), [], []
    for b in beats(draw, repetitions, ready, LAST - draw.uniform(0.0, 3.0)):
        for hand in (LEFT, RIGHT):
            lines[hand].extend([(b.start, 1), (b.on, 2), (b.off, 2), (b.end, 1)])
        for i, finger in enumerate(TIP_FINGERS):
            holds.append(Hold(i, b.on, b.off))
            touches.append(Touch("tip-opposite-tip", ("left", finger), ("right", finger), b.on, b.off))
    facts = Facts("steeple", ("left", "right"), phase.name, repetitions, phase.lag, tuple(touches))
    move = mobility({LEFT: TIP_FINGERS, RIGHT: TIP_FINGERS}, (0.01, 0.01), (3, 3))
    return Plan(facts, poses, lines, goals, holds, move, shared_sway=True)


def interlock(draw: Draw, palm: Palm) -> Plan:
    """The fingers pass between those of the other hand and fold onto its back."""
    phase = pair_phase(draw)
    first = draw.choice((LEFT, RIGHT))
    length = palm[1, 0] / 0.446
    meet = praying(draw, palm, p.LACE, 10.0, 0.25 * length)
    # The other hand lies half a finger towards the little finger.
    half = 0.5 * palm[0, 1]
    meet.wrist = meet.wrist + np.stack([r[:, 1] * (half if h == first else -half) * 0.6
                                        for h, r in enumerate(meet.rotation)])  # fmt: skip
    goals: list[Goal] = []
    four = ("index", "middle", "ring", "pinky")
    base = dict(zip(("index", "middle", "pinky", "ring"), palm))
    gaps = {f: (base[f] + base[g]) / 2.0 for f, g in itertools.pairwise(four)}
    beside_index = base["index"] + (base["index"] - base["middle"]) / 2.0
    beside_pinky = base["pinky"] + (base["pinky"] - base["ring"]) / 2.0
    for hand in (LEFT, RIGHT):
        other = 1 - hand
        spots = [beside_index, *list(gaps.values())] if hand == first else [*list(gaps.values()), beside_pinky]
        for finger, spot in zip(four, spots):
            target = (float(spot[0]) - 0.12 * length, float(spot[1]), 0.016)
            goals.append(
                offset(combine((1, hand, f"{finger}_tip"), (-1, other, "wrist")), other, target, (0.4, 0.7, 1))
            )
    meet.solve = tuple(range(len(goals)))
    # On the way the fingers are straight and equally spread, so that they pass between each other.
    mesh = meet.angles.copy()
    mesh[:, FLEXIONS] = p.MESH[FLEXIONS]
    straight = Pose(mesh, meet.wrist, meet.rotation)
    away = draw.uniform(0.05, 0.08)
    poses = [resting(draw), drawn(straight, away), meet, drawn(straight, 0.008)]
    ready = 12.0 + phase.lag
    fold, on = ready + draw.uniform(7.0, 9.0), ready + draw.uniform(15.0, 18.0)
    off = on + draw.uniform(12.0, 15.0)
    lines, holds, touches = approach(draw, phase, ready), [], []
    for hand in (LEFT, RIGHT):
        lines[hand].extend([(ready, 1), (fold, 3), (on, 2), (off, 2), (off + 8.0, 3), (off + 15.0, 1)])
        for i, finger in enumerate(four):
            holds.append(Hold(4 * hand + i, on, off))
            if finger in ("middle", "ring"):
                touches.append(Touch("tip-palm", (HANDS[hand], finger), (HANDS[1 - hand], "palm"), on, off))
    facts = Facts("interlock", ("left", "right"), phase.name, 1, phase.lag, tuple(touches), {"first": HANDS[first]})
    move = mobility({LEFT: four, RIGHT: four}, (0.005, 0.005), (1.5, 1.5))
    return Plan(facts, poses, lines, goals, holds, move, shared_sway=True)
