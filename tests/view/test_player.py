from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from handx_bench.annotate.codes import motion_codes
from handx_bench.errors import InputError
from handx_bench.hand.skeleton import BONES
from handx_bench.view.camera import frame_tracks
from handx_bench.view.player import MAX_PAGE_FRAMES, Scene, scenes_block, write_player
from handx_bench.view.timeline import rows_of
from handx_bench.view.tracks import as_tracks


def decode(track: dict) -> np.ndarray:  # type: ignore[type-arg]
    return np.cumsum(np.array(track["deltas"]).reshape(track["frames"], 2, 21, 3), axis=0) / 10_000


def test_the_page_holds_the_motions_to_a_tenth_of_a_millimetre(
    pages: SimpleNamespace, motion: np.ndarray, tmp_path: Path
) -> None:
    path = write_player(
        tmp_path / "a.html", {"reference": motion, "other": motion[:5] + 1}, {"reference": 30, "other": 15}
    )
    page = pages.Page(path.read_text(encoding="utf-8"))
    pages.assert_safe(page)
    scene = page.data["scenes"][0]
    framing = frame_tracks(as_tracks({"reference": motion, "other": motion[:5] + 1}))
    for track, original, centre in zip(scene["tracks"], (motion, motion[:5] + 1), framing.centres):
        np.testing.assert_allclose(decode(track) + centre, original, atol=0.51e-4)
    assert [(t["name"], t["fps"], t["frames"]) for t in scene["tracks"]] == [("reference", 30, 20), ("other", 15, 5)]
    assert scene["width"] == pytest.approx(framing.width, abs=1e-4)
    assert scene["azimuth_deg"] == framing.camera.azimuth_deg
    assert [tuple(bone) for bone in page.data["skeleton"]["bones"]] == list(BONES)
    assert page.data["skeleton"]["contact_mm"] == 20
    assert [a for t, a in page.elements if a.get("class") == "player"] == [{"class": "player", "data-scene": "0"}]


def test_rounding_errors_do_not_add_up(pages: SimpleNamespace, tmp_path: Path, motion: np.ndarray) -> None:
    drift = np.repeat(motion[:1], 3000, axis=0) + np.linspace(0, 0.03, 3000, dtype=np.float32)[:, None, None, None]
    page = pages.Page(write_player(tmp_path / "a.html", drift).read_text())
    shown = decode(page.data["scenes"][0]["tracks"][0])
    np.testing.assert_allclose(shown[-1] - shown[0], drift[-1] - drift[0], atol=1.02e-4)


def test_hostile_names_and_texts_stay_text(
    pages: SimpleNamespace, hostile: str, motion: np.ndarray, tmp_path: Path
) -> None:
    text = hostile
    plain = pages.Page(write_player(tmp_path / "b.html", {"n": motion}, title="t", text="x").read_text())
    path = write_player(tmp_path / "a.html", {text: motion}, title=text, text=text)
    page = pages.Page(path.read_text(encoding="utf-8"))
    pages.assert_safe(page)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert text in page.text, "it is shown as it is"
    assert page.data["scenes"][0]["tracks"][0]["name"] == text.replace("\u2028 ", "")


def test_hostile_names_of_timelines_stay_text(
    pages: SimpleNamespace, hostile: str, eventful: np.ndarray, tmp_path: Path
) -> None:
    plain = pages.Page(write_player(tmp_path / "b.html", {"n": eventful}, title="t", codes=True).read_text())
    page = pages.Page(write_player(tmp_path / "a.html", {hostile: eventful}, title=hostile, codes=True).read_text())
    pages.assert_safe(page)
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.data["scenes"][0]["timelines"][0]["name"] == hostile.replace("\u2028 ", "")


def test_the_page_holds_the_rows_of_each_motion(
    pages: SimpleNamespace, motion: np.ndarray, eventful: np.ndarray, tmp_path: Path
) -> None:
    motions = {"a": eventful, "b": np.repeat(motion[:1], 30, axis=0)}
    page = pages.Page(write_player(tmp_path / "a.html", motions, codes=True).read_text())
    first, still = page.data["scenes"][0]["timelines"]
    rows = rows_of(motion_codes(eventful, 30))
    told = [(part["part"], row["label"], row["bars"]) for part in first["parts"] for row in part["rows"]]
    assert [(part, label) for part, label, _ in told] == [(row.part, row.label) for row in rows]
    for (_, _, bars), row in zip(told, rows):
        for (start, end, contact, words, captions), bar in zip(bars, row.bars, strict=True):
            assert (start, end) == (pytest.approx(bar.start_s, abs=1e-4), pytest.approx(bar.end_s, abs=1e-4))
            assert (contact, words, tuple(captions)) == bar[2:]
    assert [part["rows"] for part in still["parts"]] == [[], [], []]
    assert "nothing changes" in still["nothing"]
    assert (first["end"], still["end"]) == (pytest.approx(61 / 30), 1)
    assert pages.Page(write_player(tmp_path / "a.html", motions).read_text()).data["scenes"][0]["timelines"] == []


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_draws_the_bars_where_they_belong(eventful: np.ndarray, tmp_path: Path) -> None:
    page = write_player(tmp_path / "a.html", {"<b>": eventful}, codes=True)
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--force-prefers-reduced-motion",
        "--virtual-time-budget=2000",
    ]
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    dom = subprocess.run(
        ["chromium", *flags, profile, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    rows = rows_of(motion_codes(eventful, 30))
    assert dom.count('class="row ') == len(rows)
    assert "<h4>&lt;b&gt;</h4>" in dom
    bars = re.findall(r'class="event(?: contact)?" title="([^"]*)" style="left: ([\d.]+)%; width: ([\d.]+)%', dom)
    expected = [(row, bar) for row in rows for bar in row.bars]
    assert len(bars) == len(expected)
    for (title, left, width), (row, bar) in zip(bars, expected):
        assert title == f"{row.label}, {bar.start_s:.2f}–{bar.end_s:.2f} s: {bar.told}"
        assert float(left) == pytest.approx(100 * bar.start_s / (61 / 30), abs=0.01)
        assert float(width) == pytest.approx(100 * (bar.end_s - bar.start_s) / (61 / 30), abs=0.01)
    assert "--at: 0" in dom


def test_the_page_is_small(motion: np.ndarray, tmp_path: Path) -> None:
    path = write_player(tmp_path / "a.html", {"a": np.repeat(motion, 3, axis=0), "b": np.repeat(motion, 3, axis=0)})
    assert path.stat().st_size < 120_000


def test_too_much_for_a_page_is_refused(motion: np.ndarray, tmp_path: Path) -> None:
    scene = Scene("a", "", as_tracks(np.repeat(motion, 50, axis=0)))
    with pytest.raises(InputError, match="too many for one page"):
        scenes_block([scene] * (MAX_PAGE_FRAMES // 1000 + 1))
    with pytest.raises(InputError):
        write_player(tmp_path / "a.html", np.zeros((5, 2, 21, 3)))
    assert list(tmp_path.iterdir()) == []


def test_the_camera_can_be_chosen(pages: SimpleNamespace, motion: np.ndarray, tmp_path: Path) -> None:
    page = pages.Page(write_player(tmp_path / "a.html", motion, azimuth_deg=12, elevation_deg=34).read_text())
    assert (page.data["scenes"][0]["azimuth_deg"], page.data["scenes"][0]["elevation_deg"]) == (12, 34)
