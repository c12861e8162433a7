"""Choreographies of gestures that one hand can do alone, or both at once, in turn, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...hand.skeleton import FINGERS, HANDS, LEFT, RIGHT
from . import postures as p
from .draw import Draw
from .plan import Facts, Goal, Hold, Plan, Pose, Touch, combine, distance, mirrored, mobility, offset
from .timing import LAST, Beat, Phase, beats, single_phase

#: Distance between the joints of two fingertips that press on each other, in metres.
TIP_TIP_M = 0.013
#: Ways to show a gesture: (distal, palmar) as (outwards, front, up).
VIEWS = (
    ((-0.15, 0.85, 0.40), (-0.85, -0.10, -0.40)),
    ((-0.10, 0.30, 0.95), (-0.30, 0.90, -0.20)),
    ((-0.10, 0.95, 0.15), (-0.15, -0.10, -1.00)),
)
View = tuple[tuple[float, float, float], tuple[float, float, float]]


def resting(draw: Draw, angles: np.ndarray = p.REST, apart: float = 0.0) -> Pose:
    """Both hands before the body; ``angles (20,)``, each hand ``apart`` metres farther out than relaxed ones."""
    both = np.stack([p.disturbed(draw, angles, 4.0) for _ in HANDS])
    side, front, height = draw.uniform(0.13, 0.18) + apart, draw.uniform(0.24, 0.30), draw.uniform(-0.04, 0.02)
    wrist = np.stack(
        [mirrored(h, np.array([side, front, height]) + draw.array(-0.015, 0.015, 3)) for h in (LEFT, RIGHT)]
    )
    turn = np.stack([p.facing(draw, h, (-0.30, 0.90, 0.10), (-0.60, -0.10, -0.80)) for h in (LEFT, RIGHT)])
    return Pose(both, wrist, turn)


def showing(draw: Draw, angles: np.ndarray, view: View | None = None) -> Pose:
    """Both hands lifted to where a gesture is seen well; ``angles (20,)``."""
    distal, palmar = draw.choice(VIEWS) if view is None else view
    side, front, height = draw.uniform(0.14, 0.19), draw.uniform(0.32, 0.40), draw.uniform(0.04, 0.14)
    wrist = np.stack([mirrored(h, np.array([side, front, height]) + draw.array(-0.01, 0.01, 3)) for h in (LEFT, RIGHT)])
    turn = np.stack([p.facing(draw, h, distal, palmar) for h in (LEFT, RIGHT)])
    return Pose(np.stack([p.disturbed(draw, angles) for _ in HANDS]), wrist, turn)


def changed(draw: Draw, pose: Pose, angles: np.ndarray, solve: tuple[int, ...] = ()) -> Pose:
    """The same place with other fingers."""
    return Pose(np.stack([p.disturbed(draw, angles, 2.0) for _ in HANDS]), pose.wrist, pose.rotation, solve)


def start_frame(draw: Draw) -> tuple[bool, float]:
    """Whether the clip begins with lifting the hands, and the frame at which they are up."""
    lifts = draw.uniform(0.0, 1.0) < 0.5
    return lifts, draw.uniform(9.0, 13.0) if lifts else draw.uniform(1.0, 5.0)


def in_turn(draw: Draw, choices: Sequence[int], begin: float) -> tuple[int, Phase, list[Beat]]:
    """Number of repetitions, phase and the beats of the hand that goes first, all within the clip."""
    repetitions = draw.choice(choices)
    room = LAST - 1.0 - begin
    phase = single_phase(draw, repetitions, room / (repetitions + 0.5))
    # The later hand must be done within the clip too; a slow performer takes all the time there is.
    return repetitions, phase, beats(draw, repetitions, begin, begin + (room - phase.lag) * draw.uniform(0.85, 1.0))


def closing_timeline(
    beat_list: list[Beat], lag: float, lifts: bool, begin: float, halfway: bool
) -> list[tuple[float, int]]:
    """From rest (0) to ready (1), then closed (2) and open again in every beat, if wanted by way of a pose 3."""
    line = [(lag, 0 if lifts else 1), (begin + lag, 1)]
    for b in beat_list:
        there = [(b.start + 0.6 * (b.on - b.start) + lag, 3)] if halfway else []
        back = [(b.off + 0.4 * (b.end - b.off) + lag, 3)] if halfway else []
        line += [(b.start + lag, 1), *there, (b.on + lag, 2), (b.off + lag, 2), *back, (b.end + lag, 1)]
    return line


def pinch_goal(hand: int, finger: str, metres: float = TIP_TIP_M) -> Goal:
    """Thumb tip and fingertip of a hand at a distance."""
    return distance(combine((1, hand, "thumb_tip"), (-1, hand, f"{finger}_tip")), metres)


def closing(draw: Draw, gesture: str, ready: np.ndarray, closed: np.ndarray, goal: Callable[[int], Goal],
            fingers: tuple[str, ...], touch: str | None, words: dict[str, str], choices: Sequence[int] = (1, 1, 2, 3),
            rest: np.ndarray = p.REST, thumb_last: bool = False) -> Plan:  # fmt: skip
    """A posture that closes and opens ``repetitions`` times; ``goal(hand)`` holds while it is closed.

    With ``thumb_last`` the thumb closes after the fingers and opens before them, so that it does not pass them.
    """
    lifts, begin = start_frame(draw)
    repetitions, phase, beat_list = in_turn(draw, choices, begin)
    up = showing(draw, ready)
    shut = changed(draw, up, closed, (0, 1))
    half = Pose(p.with_finger(shut.angles, "thumb", p.THUMB_OFF), up.wrist, up.rotation)
    # Widely opened thumbs reach far to the middle.
    poses = [resting(draw, rest, 0.0 if rest is p.REST else 0.04), up, shut, half]
    lines: list[list[tuple[float, int]]] = [[(0.0, 0)], [(0.0, 0)]]
    holds, touches = [], []
    for hand in phase.acting:
        lag = phase.lags[hand]
        lines[hand] = closing_timeline(beat_list, lag, lifts, begin, thumb_last)
        for b in beat_list:
            holds.append(Hold(hand, b.on + lag, b.off + lag, 3.0))
            if touch is not None:
                ends = (HANDS[hand], "thumb"), (HANDS[hand], touch)
                touches.append(Touch("tip-tip", *ends, b.on + lag, b.off + lag))
    facts = Facts(gesture, phase.hands, phase.name, repetitions, phase.lag, tuple(touches), words)
    move = mobility({LEFT: fingers, RIGHT: fingers}, (0.0, 0.0))
    goals = [goal(LEFT), goal(RIGHT)]
    if touch is not None:
        # The last bones meet at an angle, tip to tip, and do not lie across each other.
        goals += [_bent_apart(hand, touch) for hand in (LEFT, RIGHT)]
        shut.solve = (0, 1, 2, 3)
    return Plan(facts, poses, (lines[0], lines[1]), goals, holds, move)


def _bent_apart(hand: int, finger: str) -> Goal:
    goal = distance(combine((1, hand, "thumb_ip"), (-1, hand, f"{finger}_dip")), 0.034)
    return replace(goal, rows=0.3 * goal.rows)


def pinch(draw: Draw, finger: str) -> Plan:
    """Thumb tip meets a fingertip."""
    closed = p.PINCH[finger]
    ready = closed * 0.45 + p.OPEN * 0.55
    return closing(draw, f"pinch_{finger}", ready, closed, lambda h: pinch_goal(h, finger), ("thumb", finger),
                   finger, {"finger": finger})  # fmt: skip


def almost_pinch(draw: Draw, gap_mm: int) -> Plan:
    """Thumb and index tip come near and stop ``gap_mm`` before the contact distance of 20 mm."""
    closed = p.PINCH["index"] * 0.8 + p.OPEN * 0.2
    metres = 0.020 + gap_mm / 1000.0 + 0.0012
    plan = closing(draw, f"almost_pinch_{gap_mm}mm", closed, closed, lambda h: pinch_goal(h, "index", metres),
                   ("thumb", "index"), None, {"gap": str(gap_mm)}, (1, 1, 2), p.OPEN)  # fmt: skip
    # Opened from where the tips stop, so that they are nearest there and nowhere on the way.
    stop = plan.poses[2]
    wider = p.posture((-22, -20, -8, 6), *((0, 0, 0, 0),) * 3, (-14, -8, -8, 24))
    bend = np.stack([p.disturbed(draw, wider * draw.uniform(0.8, 1.2), 2.0) for _ in HANDS])
    plan.poses[1] = Pose(stop.angles, stop.wrist, stop.rotation, base=2, bend=bend)
    plan.calm = 0.35
    return plan


def thumb_over(hand: int, *fingers: str, height: float = 0.017) -> Goal:
    """The thumb's tip lies on the middle phalanges of curled fingers, on their palmar (outer) side."""
    share = -0.5 / len(fingers)
    middles = [(share, hand, f"{f}_{joint}") for f in fingers for joint in ("pip", "dip")]
    # A weak goal: short thumbs cannot reach, and a hard one would have them struggle at their limits.
    return offset(combine((1, hand, "thumb_tip"), *middles), hand, (0.0, 0.0, -height), (0.02, 0.02, 0.03))


def fist(draw: Draw) -> Plan:
    """Hands close into fists and open."""
    ready = draw.choice((p.REST, p.OPEN, p.FLAT))
    return closing(draw, "fist", ready, p.FIST, lambda h: thumb_over(h, "index", "middle"), ("thumb",), None, {},
                   (1, 1, 2), thumb_last=True)  # fmt: skip


def open_hands(draw: Draw) -> Plan:
    """Hands open from a loose fist with the fingers spread wide."""
    loose = p.THUMB_OUT * 0.7 + p.REST * 0.3
    unmoved = lambda h: offset(combine((1, h, "thumb_tip"), (-1, h, "wrist")), h, (0, 0, 0), (0, 0, 0))  # noqa: E731
    return closing(draw, "open_hands", loose, p.OPEN, unmoved, (), None, {}, (1, 1, 2))


def counting(draw: Draw) -> Plan:
    """Fingers are stretched one after the other from a fist: index, middle, ring, pinky, thumb."""
    count = draw.integer(2, 6)
    lifts, begin = start_frame(draw)
    room = LAST - begin - 2.0
    phase = single_phase(draw, 1, room)
    step = (room - phase.lag) / count * draw.uniform(0.85, 1.0)
    up = showing(draw, p.THUMB_OUT, draw.choice(VIEWS[:2]))
    poses = [resting(draw), up]
    for finger in ("index", "middle", "ring", "pinky", "thumb")[:count]:
        k = FINGERS.index(finger)
        columns = [3 * k, 3 * k + 1, 3 * k + 2, 15 + k]
        more = poses[-1].angles.copy()
        more[:, columns] = p.disturbed(draw, p.OPEN)[columns]
        poses.append(Pose(more, up.wrist, up.rotation))
    lines: list[list[tuple[float, int]]] = [[(0.0, 0)], [(0.0, 0)]]
    for hand in phase.acting:
        lag = phase.lags[hand]
        line = [(lag, 0 if lifts else 1), (begin + lag, 1)]
        for i in range(count):
            line += [(begin + lag + (i + 0.35) * step, 1 + i), (begin + lag + (i + 1) * step, 2 + i)]
        lines[hand] = line
    facts = Facts("counting", phase.hands, phase.name, 1, phase.lag, (), {"count": str(count)})
    return Plan(facts, poses, (lines[0], lines[1]))


def flip_hands(draw: Draw) -> Plan:
    """Open hands turn from palm down to palm up, thumbs passing over the top, and back."""
    lifts, begin = start_frame(draw)
    flips = draw.choice((1, 2, 2, 3))
    room = LAST - begin - 1.0
    phase = single_phase(draw, flips, room / (flips + 0.5))
    step = (room - phase.lag) / flips * draw.uniform(0.85, 1.0)
    angles = draw.choice((p.FLAT, p.REST * 0.4 + p.FLAT * 0.6))
    low, high = draw.uniform(-3.0, 8.0), draw.uniform(158.0, 166.0)
    down = showing(draw, angles, VIEWS[2])
    sides = []
    for degrees in (low, high):
        palmar = (-np.sin(np.deg2rad(degrees)), 0.0, -np.cos(np.deg2rad(degrees)))
        turn = [p.orientation(h, down.rotation[h][:, 0], mirrored(h, palmar)) for h in (LEFT, RIGHT)]
        sides.append(Pose(down.angles, down.wrist, np.stack(turn)))
    lines: list[list[tuple[float, int]]] = [[(0.0, 0)], [(0.0, 0)]]
    pause = draw.uniform(0.05, 0.3) * step
    for hand in phase.acting:
        lag = phase.lags[hand]
        line = [(lag, 0 if lifts else 1), (begin + lag, 1)]
        for i in range(flips):
            now, then = (1, 2) if i % 2 == 0 else (2, 1)
            line += [(begin + lag + i * step, now), (begin + lag + (i + 1) * step - pause, then)]
        lines[hand] = line
    facts = Facts("flip_hands", phase.hands, phase.name, flips, phase.lag)
    return Plan(facts, [resting(draw), *sides], (lines[0], lines[1]))


def pointing(draw: Draw) -> Plan:
    """The index finger is stretched, the others curled, and the hand moves forward in its direction."""
    direction = draw.choice(("forward", "upward", "inward"))
    distal = {"forward": (-0.05, 1.0, 0.1), "upward": (-0.05, 0.5, 0.9), "inward": (-0.6, 0.8, 0.1)}[direction]
    plan = closing(draw, "pointing", p.with_finger(p.REST, "thumb", (24, 0, 4, -10)), p.POINT, lambda h: thumb_over(h, "middle"),
                   ("thumb",), None, {"direction": direction}, (1, 1, 2), thumb_last=True)  # fmt: skip
    palmar = draw.choice(((-0.2, 0.0, -1.0), (-1.0, -0.2, -0.3)))
    ready, closed, half = plan.poses[1:]
    turn = np.stack([p.facing(draw, h, distal, palmar, 0.06) for h in (LEFT, RIGHT)])
    reach = draw.uniform(0.05, 0.11)
    ready.rotation = closed.rotation = half.rotation = turn
    out = 0.10 if direction == "inward" else 0.0
    ready.wrist = ready.wrist + np.stack([mirrored(h, (out, -0.03, 0.0)) for h in (LEFT, RIGHT)])
    closed.wrist = ready.wrist + reach * turn[..., 0]
    half.wrist = ready.wrist + 0.7 * reach * turn[..., 0]
    return plan


def grab_and_drag(draw: Draw) -> Plan:
    """Thumb, index and middle tips close on something small, carry it sideways and let go."""
    lifts, begin = start_frame(draw)
    phase = single_phase(draw, 1, 30.0)
    room = LAST - 2.0 - begin - phase.lag
    on, off, end = (begin + room * x for x in (draw.uniform(0.2, 0.26), draw.uniform(0.68, 0.76), 0.98))
    direction = draw.choice(("outward", "inward", "towards the body", "upward"))
    way = {"outward": (1.0, 0.0, 0.1), "inward": (-1.0, 0.1, 0.0), "towards the body": (0.1, -1.0, 0.1),
           "upward": (0.0, 0.1, 1.0)}[direction]  # fmt: skip
    up = showing(draw, p.TRIPOD * 0.4 + p.OPEN * 0.6, VIEWS[2])
    side = {"inward": 0.12, "outward": -0.02}.get(direction, 0.04)
    front = 0.08 if direction == "towards the body" else 0.0
    up.wrist = up.wrist + np.stack([mirrored(h, (side, front, 0.0)) for h in (LEFT, RIGHT)])
    length = draw.uniform(0.09, 0.14 if direction == "inward" else 0.20)
    drag = np.stack([mirrored(h, np.array(way) * length) for h in (LEFT, RIGHT)])
    low = np.array([0.0, 0.0, -0.03])
    grip = changed(draw, up, p.TRIPOD, (0, 1, 2, 3))
    grip.wrist = grip.wrist + low
    carried = Pose(grip.angles, grip.wrist, grip.rotation, base=2, lift=drag)
    released = Pose(up.angles, up.wrist + drag, up.rotation)
    poses = [resting(draw), up, grip, carried, released]
    lines: list[list[tuple[float, int]]] = [[(0.0, 0)], [(0.0, 0)]]
    holds, touches = [], []
    for hand in phase.acting:
        lag = phase.lags[hand]
        lines[hand] = [(lag, 0 if lifts else 1), (begin + lag, 1), (on + lag, 2), (on + 2.0 + lag, 2),
                       (off - 1.0 + lag, 3), (off + lag, 3), (end + lag, 4)]  # fmt: skip
        for i, finger in enumerate(("index", "middle")):
            holds.append(Hold(2 * hand + i, on + lag, off + lag))
            ends = (HANDS[hand], "thumb"), (HANDS[hand], finger)
            touches.append(Touch("tip-tip", *ends, on + lag, off + lag))
    goals = [pinch_goal(h, f, 0.015) for h in (LEFT, RIGHT) for f in ("index", "middle")]
    facts = Facts("grab_and_drag", phase.hands, phase.name, 1, phase.lag, tuple(touches), {"direction": direction})
    grasp = ("thumb", "index", "middle")
    return Plan(facts, poses, (lines[0], lines[1]), goals, holds, mobility({LEFT: grasp, RIGHT: grasp}, (0.0, 0.0)))
