from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from handx_bench.errors import InputError
from handx_bench.metrics.registry import HEADLINE
from handx_bench.metrics.report import DatasetRef, MetricValue, ProtocolRef, Report, Skill, Skills
from handx_bench.view.html_report import html_report, write_html_report


def value(x: float | None, unit: str = "deg", direction: str = "lower", coverage: float = 1.0) -> MetricValue:
    low, high = (None, None) if x is None else (x * 0.9, x * 1.1)
    return MetricValue(value=x, low=low, high=high, unit=unit, direction=direction, n=256, coverage=coverage)


def report(**changes: object) -> Report:
    base = Report(
        generator="nearest-text",
        protocol=ProtocolRef(id="mini-v0/text-to-motion", version="0", hash="sha256:" + "ab" * 32),
        dataset=DatasetRef(name="handx-mini", split="test", fingerprint="f1f2"),
        num_clips=256,
        num_generations=4,
        metrics={
            "joint_angle_error": value(9.1234),
            "joint_angle_error.pip": value(10.9),
            "contact_event_f1": value(0.4321, "–", "higher", 0.996),
            "contact_statistics.ratio": value(0.02, "–"),
            "relative_phase_error": value(None, coverage=0.0),
            "jerk_ratio": value(1.5, "–", "none"),
            "somebodys_own": value(7.0, "mm"),
        },
        reference_rows={"self": {"joint_angle_error": 0.0}, "chance": {"joint_angle_error": 21.5}},
        skills=Skills(
            metrics={"joint_angle_error": Skill(value=0.5, low=0.45, high=0.55), "contact_event_f1": Skill(value=None)},
            families={"angles": Skill(value=0.5, low=0.4, high=0.6), "contact": Skill(value=-0.25, low=-0.4, high=0.1)},
            overall=Skill(value=0.125, low=0.1, high=0.15),
        ),
        warnings=["the protocol is a draft"],
        seeds={"statistics": 3},
        environment={"torch": "2.13.0"},
        created_at="2025-11-23T12:00:00Z",
    )
    return base.model_copy(update=changes)


def test_the_page_says_what_was_scored_and_how_good_it_is(pages: SimpleNamespace) -> None:
    page = pages.Page(html_report(report()))
    pages.assert_safe(page)
    text = " ".join(" ".join(page.text).split())
    for expected in (
        "nearest-text",
        "mini-v0/text-to-motion, version 0",
        "sha256:" + "ab" * 32,
        "256 clips × 4 generations",
        "handx-mini, test (f1f2)",
        "0.12 overall skill (0.10 to 0.15)",
        "0.50 (0.40 to 0.60)",
        "−0.25 (−0.40 to 0.10)",
        "Warning the protocol is a draft",
        "seed: statistics 3",
    ):
        assert expected in text, expected
    assert text.index("the protocol is a draft") < text.index("overall skill") < text.index("All metrics")
    assert [tag for tag, _ in page.elements].count("script") == 0, "no clips, no script"


def test_every_metric_has_its_row_under_its_family() -> None:
    source = html_report(report())
    headings = re.findall(r"<h3>(.*?)</h3>", source)
    assert headings == ["angles", "coordination", "contact", "plausibility", "other"]
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr.*?</tr>", source)]
    cells = [[cell for cell in row.split("|") if cell] for row in rows]
    by_name = {row[0]: row for row in cells if row[0] != "metric"}
    assert by_name["joint_angle_error"][2:] == ["9.12", "8.21 to 10.0", "deg", "↓", "100 %", "0", "21.5"]
    assert by_name[".pip"][1:] == ["10.9", "9.81 to 12.0", "deg", "↓", "100 %", "–", "–"]
    assert by_name["contact_event_f1"][4:7] == ["–", "↑", "99 %"], "never rounded up to all"
    assert by_name["relative_phase_error"][2:] == ["–", "deg", "↓", "0 %", "–", "–"]
    assert by_name["contact_statistics"][1:] == ["differences of contact ratio, duration and frequency"]
    assert list(by_name).index("contact_statistics") + 1 == list(by_name).index(".ratio")
    assert by_name["jerk_ratio"][5] == "·"
    assert by_name["somebodys_own"][1] == "7.00"
    assert len(by_name) == len(report().metrics) + 1
    bold = re.findall(r'<tr class="headline"><td><code>(\w+)</code>', source)
    assert bold == ["joint_angle_error", "contact_event_f1"]
    assert set(bold) <= set(HEADLINE)


def test_bars_stand_between_chance_and_real() -> None:
    source = html_report(report())
    chart = source[source.index('<div class="skills">') : source.index("</div>", source.index('<div class="skills">'))]
    marks = {float(x) for x in re.findall(r'class="mark strong" x1="([\d.]+)%"', chart)}
    chance, real = sorted(marks)
    bars = re.findall(r'<rect class="bar-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', chart)
    expected = {"angles": (0, 0.5), "metric": (0, 0.5), "contact": (-0.25, 0)}
    drawn = [(float(x), float(x) + float(w)) for _, x, w in bars]
    assert [kind for kind, _, _ in bars] == ["family", "metric", "family"]
    for (start, end), (low, high) in zip(drawn, (expected["angles"], expected["metric"], expected["contact"])):
        assert start == pytest.approx(chance + low * (real - chance), abs=0.01)
        assert end == pytest.approx(chance + high * (real - chance), abs=0.01)
    whisker = re.findall(r'class="whisker" x1="([\d.]+)%" x2="([\d.]+)%"', chart)[0]
    assert float(whisker[1]) - float(whisker[0]) == pytest.approx(0.2 * (real - chance), abs=0.01)
    assert chart.count(">not defined<") == 1


def test_clips_play_beside_their_reference(pages: SimpleNamespace, motion: np.ndarray, tmp_path: Path) -> None:
    clips = [
        ("clip 1", "Both hands rise.\nSlowly.", {"reference": motion, "nearest-text": motion + 1}),
        ("2", "", motion),
    ]
    clips[1] = ("2", "", {"reference": motion})
    path = write_html_report(report(), tmp_path / "r.html", motions=clips)
    page = pages.Page(path.read_text(encoding="utf-8"))
    pages.assert_safe(page)
    assert [[t["name"] for t in scene["tracks"]] for scene in page.data["scenes"]] == [
        ["reference", "nearest-text"],
        ["reference"],
    ]
    assert [a["data-scene"] for _, a in page.elements if a.get("class") == "player"] == ["0", "1"]
    assert "Both hands rise.\nSlowly." in page.text


def test_hostile_reports_stay_text(pages: SimpleNamespace, hostile: str, motion: np.ndarray) -> None:
    text = hostile
    evil = report(
        generator=text,
        warnings=[text],
        encoder=text,
        created_at=text,
        protocol=ProtocolRef(id=text, version=text, hash=text),
        dataset=DatasetRef(name=text, split=text, fingerprint=text),
        metrics={text: value(1.0, unit=text), f"{text}.{text}": value(2.0)},
        reference_rows={text: {text: 1.0}},
        skills=Skills(metrics={text: Skill(value=0.1)}, families={text: Skill(value=0.1)}, overall=Skill(value=0.1)),
        seeds={text: 1},
        environment={text: text},
    )
    page = pages.Page(html_report(evil, motions=[(text, text, {text: motion})]))
    pages.assert_safe(page)
    assert not {tag for tag, _ in page.elements} & {"img", "iframe"}
    assert page.text.count(text) >= 3


def test_a_bare_report_is_a_page_too(pages: SimpleNamespace, tmp_path: Path) -> None:
    bare = Report(num_clips=1, num_generations=1, metrics={})
    text = " ".join(pages.Page(html_report(bare)).text)
    assert "1 clips × 1 generation" in text
    assert "not comparable with a leaderboard" in text
    with pytest.raises(InputError):
        write_html_report(bare, tmp_path / "r.html", motions=[("a", "", {"x": np.zeros((5, 2, 21, 3))})])
    assert list(tmp_path.iterdir()) == []
