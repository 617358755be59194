"""How the page's scripts choose between two runtimes."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.browser import HERE
from pipeline.browser.vendor import find_node

CHECK = Path(__file__).resolve().parents[1] / "support/contest_check.mjs"
OFTEN = 5


@pytest.mark.parametrize(
    ("name", "rival", "usual", "faster", "rounds"),
    [
        ("webgl", [40], [100], True, OFTEN),
        ("webgl", [95], [100], False, OFTEN),
        ("litert", [104], [100], True, OFTEN),
        ("litert", [106], [100], False, OFTEN),
        ("webgl", [160], [100], False, OFTEN),
        ("webgl", [300], [100], False, 2),
        # Code that the browser still replaces, or a busy moment, decides nothing.
        ("webgl", [400, 40], [100], True, OFTEN),
        ("webgl", [40, 40, 900, 900, 40], [100], True, OFTEN),
        ("webgl", [90], [100, 100, 50, 100, 60], False, OFTEN),
    ],
)
def test_only_a_clear_winner_replaces(
    tmp_path: Path, name: str, rival: list[int], usual: list[int], faster: bool, rounds: int
) -> None:
    """Medians of passes in turns decide; what is far behind is not measured to the end.

    LiteRT is taken where it is as fast.
    """
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "contest.js", tmp_path)
    cases = json.dumps([{"name": name, "rival": rival, "usual": usual}])
    done = subprocess.run(
        [find_node(), str(CHECK), str(tmp_path / "contest.js"), cases],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == [{"faster": faster, "passes": [rounds, rounds]}]
