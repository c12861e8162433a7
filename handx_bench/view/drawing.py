"""Drawing two hands with Pillow: a few hundred primitives per picture, antialiased by supersampling.

Matplotlib's 3-D axes need about 0.2 s a picture; this needs a few milliseconds, and the same pixels come out on every
machine, since fonts and rasteriser are bundled with the packages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..hand.skeleton import BONES, LEFT, PALM_TRIANGLES, RIGHT, TIPS, WRIST
from .camera import Camera
from .tracks import tip_contacts

Rgb = tuple[int, int, int]

#: Colour-blind-safe colours of Okabe and Ito (2008): blue is left, vermilion right, yellow marks a contact.
LEFT_COLOUR: Rgb = (0, 114, 178)
RIGHT_COLOUR: Rgb = (213, 94, 0)
CONTACT_COLOUR: Rgb = (240, 228, 66)
HAND_COLOURS = (LEFT_COLOUR, RIGHT_COLOUR)
PAPER: Rgb = (255, 255, 255)
INK: Rgb = (34, 34, 34)
GREY: Rgb = (110, 110, 110)
HAIRLINE: Rgb = (222, 222, 222)
#: Ground of what stands apart from the paper.
TINT: Rgb = (246, 246, 244)
_BLACK: Rgb = (0, 0, 0)

#: Radii in metres, so that hands look the same at every size of the picture; and the least radius in pixels.
_BONE_RADIUS, _TIP_RADIUS, _JOINT_RADIUS, _CONTACT_RADIUS = 0.0021, 0.0044, 0.0028, 0.0055
_LEAST_PX = 0.85
_PALM_ALPHA = 58
#: Far bones are this much nearer to the paper's colour than near ones, fully so over this range of magnification.
_HAZE, _HAZY_RANGE = 0.35, 0.25
_SCALE_BAR_M = 0.05


@dataclass(frozen=True)
class Panel:
    """Where a picture of the hands goes: its size in pixels, and pixels per metre in the plane looked at."""

    width: int
    height: int
    pixels_per_metre: float

    def place(self, image: np.ndarray) -> np.ndarray:
        """Pixel coordinates (x right, y down) of projected points ``(..., 2)``; the point looked at is the middle."""
        return np.array([self.width / 2, self.height / 2]) + image * self.pixels_per_metre * np.array([1.0, -1.0])


def draw_pose(
    pose: np.ndarray,
    camera: Camera,
    centre: np.ndarray,
    panel: Panel,
    *,
    hands: Sequence[int] = (LEFT, RIGHT),
    paper: Rgb = PAPER,
    supersample: int = 3,
    faded: bool = False,
) -> Image.Image:
    """Picture of one frame.

    Args:
        pose: ``(2, 21, 3)`` metres.
        centre: ``(3,)`` point looked at.
        hands: which hands to draw.
        paper: colour of the ground.
        supersample: edge of the square of samples that make a pixel.
        faded: draw it pale, e.g. because the motion is over.

    Returns:
        RGB image of the panel's size.
    """
    big = Panel(panel.width * supersample, panel.height * supersample, panel.pixels_per_metre * supersample)
    canvas = Image.new("RGB", (big.width, big.height), paper)
    flat, magnification = camera.project(pose, centre)
    pen = _Pen(canvas, big.place(flat), magnification, hands, big.pixels_per_metre, supersample, paper)
    pen.draw_hands()
    for hand_a, a, hand_b, b in tip_contacts(pose):
        if hand_a in hands and hand_b in hands:
            pen.contact((hand_a, a), (hand_b, b))
    small = canvas.reduce(supersample) if supersample > 1 else canvas
    return Image.blend(small, Image.new("RGB", small.size, paper), 0.65) if faded else small


class _Pen:
    """Draws one pose, far things first."""

    def __init__(
        self,
        canvas: Image.Image,
        xy: np.ndarray,
        near: np.ndarray,
        hands: Sequence[int],
        ppm: float,
        supersample: int,
        paper: Rgb,
    ) -> None:
        self.draw = ImageDraw.Draw(canvas, "RGBA")
        self.xy, self.near, self.hands, self.paper = xy, near, hands, paper
        self.ppm, self.least = ppm, _LEAST_PX * supersample
        low, high = float(near[list(hands)].min()), float(near[list(hands)].max())
        self.haze = _HAZE * np.maximum(high - near, 0) / max(high - low, _HAZY_RANGE)

    def draw_hands(self) -> None:
        for hand in sorted(self.hands, key=lambda h: float(self.near[h].mean())):
            for a, b, c in PALM_TRIANGLES:
                corners = [tuple(self.xy[hand, j]) for j in (a, b, c)]
                self.draw.polygon(corners, fill=(*HAND_COLOURS[hand], _PALM_ALPHA))
        bones = [(hand, a, b) for hand in self.hands for a, b in BONES]
        for hand, a, b in sorted(bones, key=lambda i: self.near[i[0], i[1]] + self.near[i[0], i[2]]):
            self._bone(hand, a, b)
            if b in TIPS:
                self._dot(hand, b, _TIP_RADIUS)
            elif a == WRIST:
                self._dot(hand, a, _JOINT_RADIUS)

    def contact(self, a: tuple[int, int], b: tuple[int, int]) -> None:
        """A yellow disc with a black rim between two touching tips."""
        x, y = (self.xy[a] + self.xy[b]) / 2
        radius = self._px(_CONTACT_RADIUS, (self.near[a] + self.near[b]) / 2) + self.least
        for r, colour in ((radius, _BLACK), (radius * 0.72, CONTACT_COLOUR)):
            self.draw.ellipse((x - r, y - r, x + r, y + r), fill=(*colour, 255))

    def _bone(self, hand: int, a: int, b: int) -> None:
        p, q = self.xy[hand, a], self.xy[hand, b]
        ra, rb = self._px(_BONE_RADIUS, self.near[hand, a]), self._px(_BONE_RADIUS, self.near[hand, b])
        length = float(np.hypot(*(q - p)))
        colour = (*self._colour(hand, (self.haze[hand, a] + self.haze[hand, b]) / 2), 255)
        if length > 1e-6:
            side = np.array([p[1] - q[1], q[0] - p[0]]) / length
            if a != WRIST:
                # A rim of paper tells which of two crossing fingers is in front; it would cut up the palm.
                rim, inner_p, inner_q = 0.45 * (ra + rb), p + 0.15 * (q - p), q - 0.15 * (q - p)
                self._quad(inner_p, inner_q, side, ra + rim, rb + rim, (*self.paper, 235))
            self._quad(p, q, side, ra, rb, colour)
        for (x, y), r in ((p, ra), (q, rb)):
            self.draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def _quad(
        self, p: np.ndarray, q: np.ndarray, side: np.ndarray, rp: float, rq: float, fill: tuple[int, int, int, int]
    ) -> None:
        corners = (p + side * rp, q + side * rq, q - side * rq, p - side * rp)
        self.draw.polygon([tuple(c) for c in corners], fill=fill)

    def _dot(self, hand: int, joint: int, radius_m: float) -> None:
        (x, y), r = self.xy[hand, joint], self._px(radius_m, self.near[hand, joint])
        self.draw.ellipse((x - r, y - r, x + r, y + r), fill=(*self._colour(hand, self.haze[hand, joint]), 255))

    def _px(self, radius_m: float, magnification: float) -> float:
        return max(radius_m * self.ppm * float(magnification), self.least)

    def _colour(self, hand: int, haze: float) -> Rgb:
        r, g, b = (round(c + (p - c) * float(haze)) for c, p in zip(HAND_COLOURS[hand], self.paper))
        return r, g, b


def draw_scale_bar(
    picture: Image.Image, left: int, bottom: int, pixels_per_metre: float, size: int, label: str = ""
) -> int:
    """A bar of 50 mm (in the plane looked at) at ``(left, bottom)``, its label behind it; returns where that ends."""
    width, thickness = max(1, round(_SCALE_BAR_M * pixels_per_metre)), max(2, size // 6)
    ImageDraw.Draw(picture).rectangle((left, bottom - thickness, left + width - 1, bottom - 1), fill=INK)
    text = f"{1000 * _SCALE_BAR_M:.0f} mm{label}"
    draw_text(picture, (left + width + size // 2, bottom), text, size, anchor="ls")
    return left + width + size // 2 + text_width(text, size)


_LEGEND = (("contact", CONTACT_COLOUR), ("right", RIGHT_COLOUR), ("left", LEFT_COLOUR))


def legend_width(size: int) -> int:
    """Width of :func:`draw_legend` in pixels."""
    return round(sum(text_width(label, size) + 2.9 * 0.36 * size + size for label, _ in _LEGEND))


def draw_legend(picture: Image.Image, right: int, middle: int, size: int) -> int:
    """What the colours mean, ending at ``right``; returns where it begins."""
    draw = ImageDraw.Draw(picture)
    radius = size * 0.36
    x = float(right)
    for label, colour in _LEGEND:
        x -= text_width(label, size)
        draw_text(picture, (round(x), middle), label, size, anchor="lm", fill=GREY)
        x -= 2.9 * radius
        outline = _BLACK if colour is CONTACT_COLOUR else None
        draw.ellipse((x, middle - radius, x + 2 * radius, middle + radius), fill=colour, outline=outline)
        x -= size
    return round(x)


def draw_text(
    picture: Image.Image,
    xy: tuple[int, int],
    text: str,
    size: int,
    *,
    anchor: str = "la",
    fill: Rgb = INK,
    bold: bool = False,
) -> None:
    """Text in DejaVu Sans; ``anchor`` as in Pillow."""
    ImageDraw.Draw(picture).text(xy, text, font=_font(size, bold), fill=fill, anchor=anchor)


def text_width(text: str, size: int, *, bold: bool = False) -> int:
    """Width of a line in pixels."""
    return round(_font(size, bold).getlength(text))


def fit_text(text: str, width: int, size: int, *, bold: bool = False) -> str:
    """The text, shortened with an ellipsis to fit ``width`` pixels."""
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "…", size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def wrap_text(text: str, width: int, size: int, max_lines: int = 8) -> list[str]:
    """Lines of at most ``width`` pixels, broken at blanks. Where there would be more, the longest paragraphs are cut: each
    keeps a line at least, and the last line of a cut one is shortened."""
    paragraphs = [_wrapped(paragraph, width, size) for paragraph in text.splitlines() if paragraph.strip()]
    kept = [len(lines) for lines in paragraphs]
    while sum(kept) > max_lines and max(kept) > 1:
        kept[max(range(len(kept)), key=lambda i: (kept[i], i))] -= 1
    out = []
    for lines, count in zip(paragraphs, kept):
        if count < len(lines):
            lines = [*lines[: count - 1], " ".join(lines[count - 1 :])]
        out += [fit_text(line, width, size) for line in lines]
    return out


def _wrapped(paragraph: str, width: int, size: int) -> list[str]:
    lines: list[str] = []
    for word in paragraph.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=32)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    # Bundled with matplotlib; basic layout, so that an installed Raqm does not change the pixels.
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    file = folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
