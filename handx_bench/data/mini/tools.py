"""Choreographies in which one hand works on the other, or both work on something that is not there."""

from __future__ import annotations

import numpy as np

from ...hand.skeleton import HANDS, LEFT, RIGHT
from . import postures as p
from .draw import Draw
from .pair import Palm, meeting_point
from .plan import FRAMES, WORLD, Facts, Hold, Plan, Pose, Touch, combine, mirrored, mobility, offset
from .single import TIP_TIP_M, pinch_goal, resting
from .timing import LAST, Phase, beats, leading
from .trajectory import minimum_jerk

#: Height of a fingertip joint above the palm's triangles when the fingertip lies on the palm, in metres.
TIP_PALM_M = 0.015
#: Distance between thumb and fingertip joints around the small cap.
CAP_M = 0.0165


def on_palm(draw: Draw, acting: int, angles: np.ndarray) -> tuple[Pose, np.ndarray]:
    """One hand lies open with the palm up, the other points down at it; and the upward normal of that palm."""
    still = 1 - acting
    centre = meeting_point(draw)
    wrist, turn = np.zeros((2, 3)), np.zeros((2, 3, 3))
    turn[still] = p.facing(draw, still, (-0.55, 0.80, 0.10), (-0.15, -0.10, 1.0), 0.06)
    turn[acting] = p.facing(draw, acting, (-0.30, 0.30, -0.90), (-0.75, -0.45, -0.30), 0.06)
    wrist[still] = centre + mirrored(still, (0.05, -0.08, -0.04))
    wrist[acting] = centre + mirrored(acting, (0.05, -0.05, 0.14))
    hands = [p.FLAT * 0.7 + p.REST * 0.3, angles] if still == LEFT else [angles, p.FLAT * 0.7 + p.REST * 0.3]
    normal = turn[still][:, 2] if still == LEFT else -turn[still][:, 2]
    return Pose(np.stack([p.disturbed(draw, a, 2.0) for a in hands]), wrist, turn), normal


def lifted(pose: int, at: Pose, hand: int, way: np.ndarray) -> Pose:
    """The solved pose with one hand moved away."""
    lift = np.zeros((2, 3))
    lift[hand] = way
    return Pose(at.angles, at.wrist, at.rotation, base=pose, lift=lift)


def above(acting: int) -> np.ndarray:
    """From the working place up and a little to the hand's own side."""
    return mirrored(acting, (0.10, -0.05, 0.14))


def other_waits(draw: Draw, acting: int) -> Phase:
    """The hand that is worked on comes first."""
    return leading(draw, 1 - acting)


def working_timelines(
    draw: Draw, phase: Phase, ready: float, acting: int, over: int
) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
    """Rest (0) to ready (1): the still hand straight and first, the working one by way of the pose ``over`` above it."""
    lines: tuple[list[tuple[float, int]], list[tuple[float, int]]] = ([], [])
    for hand, lag in enumerate(phase.lags):
        begin = 0.3 * lag + draw.uniform(0.0, 1.0)
        end = ready - phase.lag + lag
        above = [(begin + 0.7 * (end - begin), over)] if hand == acting else []
        lines[hand].extend([(begin, 0), *above, (end, 1)])
    return lines


def palm_touch(draw: Draw, palm: Palm) -> Plan:
    """Index and middle fingertips of one hand touch the palm of the other."""
    acting = draw.integer(0, 2)
    still, repetitions = 1 - acting, draw.choice((1, 1, 2))
    touch, normal = on_palm(draw, acting, p.TOUCH)
    spot = (draw.uniform(0.58, 0.74) * palm[1, 0], draw.uniform(-0.45, -0.05) * palm[0, 1])
    middle = combine((0.5, acting, "index_tip"), (0.5, acting, "middle_tip"), (-1, still, "wrist"))
    goals = [offset(middle, still, (*spot, 0.0), (1, 1, 0))]
    for finger in ("index", "middle"):
        goals.append(
            offset(combine((1, acting, f"{finger}_tip"), (-1, still, "wrist")), still, (0, 0, -TIP_PALM_M), (0, 0, 1))
        )
    touch.solve = (0, 1, 2)
    poses = [
        resting(draw),
        lifted(2, touch, acting, normal * draw.uniform(0.04, 0.08)),
        touch,
        lifted(2, touch, acting, above(acting)),
    ]
    phase = other_waits(draw, acting)
    ready = 14.0 + phase.lag
    lines, holds, touches = working_timelines(draw, phase, ready, acting, len(poses) - 1), [], []
    for b in beats(draw, repetitions, ready, LAST - draw.uniform(0.0, 4.0)):
        lines[acting].extend([(b.start, 1), (b.on, 2), (b.off, 2), (b.end, 1)])
        lines[still].extend([(b.on, 2)])
        holds += [Hold(i, b.on, b.off) for i in range(3)]
        for finger in ("index", "middle"):
            touches.append(Touch("tip-palm", (HANDS[acting], finger), (HANDS[still], "palm"), b.on, b.off))
    facts = Facts("palm_touch", (HANDS[acting],), phase.name, repetitions, phase.lag, tuple(touches))
    move = mobility({acting: ("index", "middle")}, _wrist_of(acting, 0.04))
    return Plan(facts, poses, lines, goals, holds, move)


def write_on_palm(draw: Draw, palm: Palm) -> Plan:
    """The index fingertip draws a figure on the palm of the other hand."""
    acting = draw.integer(0, 2)
    still, figure = 1 - acting, draw.choice(("a line", "a circle", "a zigzag", "a wave"))
    start, normal = on_palm(draw, acting, p.WRITE)
    spot = (draw.uniform(0.56, 0.66) * palm[1, 0], draw.uniform(-0.25, 0.0) * palm[0, 1], -TIP_PALM_M)
    tip = combine((1, acting, "index_tip"), (-1, still, "wrist"))
    goals = [offset(tip, still, spot), offset(tip, still, spot, (0, 0, 0))]
    start.solve = (0,)
    poses = [
        resting(draw),
        lifted(2, start, acting, normal * draw.uniform(0.03, 0.06)),
        start,
        lifted(2, start, acting, above(acting)),
    ]
    phase = other_waits(draw, acting)
    ready = 14.0 + phase.lag
    on, off = ready + draw.uniform(5.0, 7.0), LAST - draw.uniform(4.0, 8.0)
    lines = working_timelines(draw, phase, ready, acting, len(poses) - 1)
    lines[acting].extend([(ready, 1), (on, 2), (off, 2), (off + 5.0, 1)])
    lines[still].extend([(on, 2)])
    size = draw.uniform(0.10, 0.14) * palm[1, 0] / 0.446 * 0.9
    hold = Hold(0, on, off, 4.0, stroke(draw, figure, size, on + 1.0, off - 1.0))
    touch = Touch("tip-palm", (HANDS[acting], "index"), (HANDS[still], "palm"), on, off)
    facts = Facts("write_on_palm", (HANDS[acting],), phase.name, 1, phase.lag, (touch,), {"figure": figure})
    move = mobility({acting: ("index",)}, _wrist_of(acting, 0.04))
    return Plan(facts, poses, lines, goals[:1], [hold], move)


def stroke(draw: Draw, figure: str, size: float, on: float, off: float) -> np.ndarray:
    """Path ``(60, 3)`` of the pen in (distal, radial, 0), from 0 back to 0."""
    s = minimum_jerk((np.arange(FRAMES) - on) / (off - on))
    path = np.zeros((FRAMES, 3))
    bump = np.sin(np.pi * s)
    side = draw.choice((-1.0, 1.0))
    if figure == "a circle":
        path[:, 0], path[:, 1] = size * (np.cos(2 * np.pi * s) - 1.0) * 0.8, side * size * np.sin(2 * np.pi * s) * 0.8
    elif figure == "a line":
        path[:, 0], path[:, 1] = -1.8 * size * bump, 0.3 * side * size * bump
    else:
        waves = 3 if figure == "a wave" else 4
        angle = 2 * np.pi * waves * s
        across = np.sin(angle) if figure == "a wave" else np.arcsin(0.97 * np.sin(angle)) * 0.66
        path[:, 0], path[:, 1] = -1.6 * size * bump, 0.6 * side * size * across * bump
    return path


def twist_cap(draw: Draw, palm: Palm) -> Plan:
    """One hand holds a small bottle, thumb, index and middle fingertip of the other twist its cap above it."""
    acting = draw.integer(0, 2)
    still, strokes = 1 - acting, draw.choice((1, 2, 2))
    length = palm[1, 0] / 0.446
    centre = meeting_point(draw)
    angle = draw.uniform(45.0, 75.0) * draw.choice((-1.0, 1.0))
    wrist, turn = np.zeros((2, 3)), np.zeros((2, 3, 3))
    turn[still] = p.facing(draw, still, (-0.75, 0.65, 0.05), (-0.65, -0.75, 0.0), 0.05)
    # The thumb's side is up, so the bottle stands upright in the hand.
    wrist[still] = centre - turn[still] @ np.array([0.45, 0.0, 0.0]) * length + mirrored(still, (0.0, -0.02, -0.10))
    axis = np.array([0.0, 0.0, 1.0])
    mid = p.facing(draw, acting, (-0.35, 0.25, -0.90), (-0.75, 0.35, 0.15), 0.05)
    wrist[acting] = centre + mirrored(acting, (0.04, -0.04, 0.12))
    hands = [p.TRIPOD, p.HOLD] if acting == LEFT else [p.HOLD, p.TRIPOD]
    angles = np.stack([p.disturbed(draw, a, 1.5) for a in hands])
    # The cap stands straight above the opening between thumb and fingers of the holding hand.
    third = [(1 / 3, acting, f"{f}_tip") for f in ("thumb", "index", "middle")]
    ring = [(-0.25, still, j) for j in ("index_mcp", "index_pip", "thumb_ip", "thumb_tip")]
    goals = [offset(combine(*third, *ring), WORLD, (0.0, 0.0, draw.uniform(0.085, 0.105)))]
    goals += [pinch_goal(acting, f, CAP_M) for f in ("index", "middle")]
    grips = []
    for degrees in (-angle / 2.0, angle / 2.0):
        here = turn.copy()
        here[acting] = p.turned(mid, axis, degrees)
        grips.append(Pose(angles, wrist, here, (0, 1, 2)))
    bend = np.zeros((2, 20))
    bend[acting] = (p.TRIPOD * 0.6 + p.OPEN * 0.4 - p.TRIPOD) * 0.8
    free = [Pose(angles, wrist, g.rotation, base=2 + i, bend=bend) for i, g in enumerate(grips)]
    poses = [resting(draw), lifted(2, grips[0], acting, np.array([0.0, 0.0, 0.05])), *grips, *free]
    poses.append(lifted(2, grips[0], acting, above(acting)))
    poses[-1].bend = bend
    poses[1].bend = bend
    phase = other_waits(draw, acting)
    ready = 14.0 + phase.lag
    lines, holds, touches = working_timelines(draw, phase, ready, acting, len(poses) - 1), [], []
    lines[still].extend([(ready, 2)])
    end = LAST - draw.uniform(0.0, 2.0)
    cycle = (end - ready) / (strokes + 0.0)
    for i in range(strokes):
        begin = ready + i * cycle
        on, off = begin + 0.22 * cycle, begin + 0.64 * cycle
        lines[acting].extend([(begin, 1 if i == 0 else 4), (on, 2), (on + 0.05 * cycle, 2), (off - 0.05 * cycle, 3), (off, 3),
                              (begin + 0.76 * cycle, 5), (begin + 0.98 * cycle, 4)])  # fmt: skip
        holds += [Hold(g, on, off, 2.5) for g in range(3)]
        for finger in ("index", "middle"):
            touches.append(Touch("tip-tip", (HANDS[acting], "thumb"), (HANDS[acting], finger), on, off))
    facts = Facts("twist_cap", (HANDS[acting],), phase.name, strokes, phase.lag, tuple(touches))
    move = mobility({acting: ("thumb", "index", "middle")}, _wrist_of(acting, 0.04))
    return Plan(facts, poses, lines, goals, holds, move)


def tie(draw: Draw, palm: Palm) -> Plan:
    """Both hands pinch the ends of a string, one makes a loop towards the other, then they pull apart."""
    looping = draw.integer(0, 2)
    centre = meeting_point(draw)
    wrist, turn = np.zeros((2, 3)), np.zeros((2, 3, 3))
    for hand in (LEFT, RIGHT):
        turn[hand] = p.facing(draw, hand, (-0.65, 0.75, 0.05), (-0.55, -0.45, -0.65), 0.05)
        wrist[hand] = centre + mirrored(hand, (0.13, -0.10, 0.02))
    angles = np.stack([p.disturbed(draw, p.TIE, 2.0) for _ in HANDS])
    apart_m = draw.uniform(0.060, 0.075)
    start = np.stack([centre + mirrored(h, (apart_m / 2.0, 0.0, 0.0)) for h in (LEFT, RIGHT)])
    points = [combine((0.5, h, "thumb_tip"), (0.5, h, "index_tip")) for h in (LEFT, RIGHT)]
    goals = [pinch_goal(h, "index", TIP_TIP_M) for h in (LEFT, RIGHT)]
    goals += [offset(points[h], WORLD, tuple(start[h])) for h in (LEFT, RIGHT)]
    near = Pose(angles, wrist, turn, (0, 1, 2, 3))
    pull = draw.uniform(0.06, 0.12)
    wide = Pose(angles, wrist, turn, base=1, lift=np.stack([mirrored(h, (pull, -0.01, 0.0)) for h in (LEFT, RIGHT)]))
    phase = leading(draw, looping)
    on = 14.0 + phase.lag + draw.uniform(0.0, 2.0)
    loop, off = on + draw.uniform(22.0, 26.0), LAST - draw.uniform(0.0, 2.0)
    lines: tuple[list[tuple[float, int]], list[tuple[float, int]]] = ([], [])
    holds, touches = [], []
    frames = np.arange(FRAMES)
    turn_by = 2 * np.pi * minimum_jerk((frames - on) / (loop - on))
    for hand in (LEFT, RIGHT):
        lines[hand].extend([(0.5 * phase.lags[hand], 0), (on - 2.0 - phase.lag + phase.lags[hand], 1), (loop, 1),
                            (loop + 8.0, 2), (LAST, 2)])  # fmt: skip
        holds.append(Hold(hand, on - 2.0, off, 4.0))
        path = np.zeros((FRAMES, 3))
        if hand == looping:
            # A loop towards the other pinch, slanted against the string.
            reach = mirrored(hand, (apart_m, 0.0, 0.0))
            path = (np.cos(turn_by) - 1.0)[:, None] * reach * 0.30 + np.sin(turn_by)[:, None] * np.array(
                [0, 0.6, 0.8]
            ) * 0.04
        holds.append(Hold(2 + hand, on, loop - 1.0, 4.0, path))
        ends = (HANDS[hand], "thumb"), (HANDS[hand], "index")
        touches.append(Touch("tip-tip", *ends, on - 2.0, off))
    facts = Facts("tie", ("left", "right"), phase.name, 1, phase.lag, tuple(touches), {"looping": HANDS[looping]})
    fingers = ("thumb", "index")
    move = mobility({LEFT: fingers, RIGHT: fingers}, (0.04, 0.04))
    return Plan(facts, [resting(draw), near, wide], lines, goals, holds, move)


def _wrist_of(hand: int, metres: float) -> tuple[float, float]:
    return (metres, 0.0) if hand == LEFT else (0.0, metres)
