"""The demo is the first thing a newcomer runs: it must end well, soon, and with the order one expects."""

import json
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from handx_bench.cli.main import main; main()", "demo", "--json", "--out"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_way_and_once_more(tmp_path):
    def run():
        result = subprocess.run([*COMMAND, str(tmp_path / "demo")], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout), result.stderr

    answer, messages = run()
    assert answer["seconds"] < 300
    assert "Traceback" not in messages
    board = answer["board"]
    skill = {entry["manifest"]["model_name"]: entry["skills"]["overall"]["value"] for entry in board["entries"]}
    assert set(skill) == {"reference", "nearest-text", "random-clip", "mean-pose"}
    assert skill["reference"] == 1
    assert skill["reference"] > skill["nearest-text"] > skill["random-clip"] > skill["mean-pose"]
    assert abs(skill["random-clip"]) < 0.05  # chance is what skill 0 means
    page = (tmp_path / "demo" / "report-nearest-text.html").read_text()
    assert "overall skill" in page

    again, _ = run()
    assert again["board"]["entries"] == board["entries"]
    assert len(list((tmp_path / "demo" / "store").rglob("record.json"))) == 4
