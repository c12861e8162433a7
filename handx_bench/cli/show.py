"""``show``: a picture, video or interactive page of one or several motions."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from ._common import err, out, print_json

_SUFFIXES = (".png", ".gif", ".mp4", ".html")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show")(show)


def show(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH_OR_DATASET...",
            help="Motion files, predictions files, folders of generated samples, or datasets, shown side by side.",
        ),
    ],
    clip: Annotated[str | None, typer.Option(help="Id or index of the clip; by default the first.")] = None,
    split: Annotated[str | None, typer.Option(help="Split of the datasets.")] = None,
    generation: Annotated[
        str, typer.Option(help="Which generation, where there are several: an index or 'all'.")
    ] = "0",
    output: Annotated[
        Path | None, typer.Option("--out", "-o", help="FILE.png, .gif, .mp4 or .html; by default CLIP.png here.")
    ] = None,
    frames: Annotated[
        int | None, typer.Option(help="Pictures in the strip (default 8) or video (default every frame).")
    ] = None,
    names: Annotated[str | None, typer.Option(help="Names of the motions, separated by commas.")] = None,
    width: Annotated[int | None, typer.Option(help="Width of the picture in pixels.")] = None,
    speed: Annotated[float | None, typer.Option(help="Of a video: 0.5 plays at half the speed.")] = None,
    codes: Annotated[
        bool, typer.Option("--codes", help="Draw what happens in each motion as a timeline below it.")
    ] = False,
    azimuth: Annotated[
        float | None, typer.Option(help="Degrees the camera stands to the right of behind; by default chosen.")
    ] = None,
    elevation: Annotated[float | None, typer.Option(help="Degrees the camera stands up; by default chosen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Look at motions: a PNG strip, a GIF or MP4, or a page to turn and step through them.

    Example: handx-bench show handx-mini predictions.safetensors --split test --clip 3 --out clip3.html
    """
    from ..errors import InputError
    from ..view.sources import choose, open_sources

    _check_angles(azimuth, elevation)
    suffix = output.suffix.lower() if output is not None else ".png"
    options = _options(suffix, frames=frames, width=width, speed=speed)
    chosen = choose(open_sources(inputs, split), clip, generation)
    labels = list(chosen.motions)
    if names is not None:
        given = [name.strip() for name in names.split(",")]
        if len(given) != len(labels) or len(set(given)) != len(given) or "" in given:
            raise InputError(
                f"--names gives {len(given)} names for {len(labels)} motions, or one twice, or an empty one",
                fix=f"Name each of: {', '.join(labels)}",
            )
        labels = given
    motions = dict(zip(labels, chosen.motions.values()))
    fps = dict(zip(labels, chosen.fps.values()))
    target = output or Path(_file_name(chosen.clip or next(iter(chosen.motions))) + suffix)
    options |= {"codes": codes, "azimuth_deg": azimuth, "elevation_deg": elevation}
    _write(target, suffix, motions, fps, chosen.clip, chosen.text, options)
    if as_json:
        print_json({"file": str(target.resolve()), "clip": chosen.clip, "text": chosen.text, "motions": labels})
    else:
        out.print(f"wrote {target.resolve()}", markup=False, highlight=False, soft_wrap=True)


def _options(suffix: str, **given: Any) -> dict[str, Any]:
    """Options of the writer; one that it does not know is an error, not ignored."""
    from ..errors import InputError

    if suffix not in _SUFFIXES:
        raise InputError(f"cannot write {suffix or 'a file without a suffix'}", fix=f"Use {', '.join(_SUFFIXES)}")
    known = {".png": {"frames", "width"}, ".html": set()}.get(suffix, {"frames", "width", "speed"})
    for key, value in given.items():
        if value is not None and key not in known:
            raise InputError(f"--{key} has no meaning for {suffix}", fix="Leave it out")
    renamed = {"num_frames" if key == "frames" else key: value for key, value in given.items()}
    return {key: value for key, value in renamed.items() if value is not None}


def _write(
    target: Path,
    suffix: str,
    motions: dict[str, Any],
    fps: dict[str, float],
    clip: str,
    text: str,
    options: dict[str, Any],
) -> None:
    line = f"{clip}\n{text}"
    if suffix == ".png":
        from ..view.skeleton_plot import write_strip

        write_strip(target, motions, fps, title=line, **options)
    elif suffix == ".html":
        from ..view.player import write_player

        write_player(target, motions, fps, title=clip or "Hand motion", text=text, **options)
    else:
        from rich.progress import Progress

        from ..view.video import write_gif, write_mp4

        writer = write_gif if suffix == ".gif" else write_mp4
        with Progress(console=err, transient=True) if err.is_terminal else nullcontext() as bar:
            progress = None
            if bar is not None:
                task = bar.add_task("drawing", total=None)

                def progress(done: int, total: int) -> None:
                    bar.update(task, completed=done, total=total)

            writer(target, motions, fps, title=line, progress=progress, **options)


def _check_angles(azimuth: float | None, elevation: float | None) -> None:
    from ..errors import InputError

    for name, value, limit in (("azimuth", azimuth, 360.0), ("elevation", elevation, 90.0)):
        if value is not None and not -limit <= value <= limit:
            raise InputError(f"--{name} is {value:g}, expected −{limit:g}–{limit:g} degrees")


def _file_name(clip: str) -> str:
    """A clip id as a file name: ids come from outside and may hold anything."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", clip)[:80].strip("-") or "motion"
