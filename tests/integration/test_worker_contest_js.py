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
    ("rival", "usual", "faster", "rounds"),
    [
        ([40], [100], True, OFTEN),
        ([95], [100], False, OFTEN),
        ([160], [100], False, OFTEN),
        ([300], [100], False, 2),
        # Code that the browser still replaces, or a busy moment, decides nothing.
        ([400, 40], [100], True, OFTEN),
        ([40, 40, 900, 900, 40], [100], True, OFTEN),
        ([90], [100, 100, 50, 100, 60], False, OFTEN),
    ],
)
def test_only_a_clear_winner_replaces(
    tmp_path: Path, rival: list[int], usual: list[int], faster: bool, rounds: int
) -> None:
    """Medians of passes in turns decide, and what is far behind is not measured to the end."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "contest.js", tmp_path)
    cases = json.dumps([{"rival": rival, "usual": usual}])
    done = subprocess.run(
        [find_node(), str(CHECK), str(tmp_path / "contest.js"), cases],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == [{"faster": faster, "passes": [rounds, rounds]}]
