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
        ("webgl", [1100], [100], False, 1),
        # Pictures wait meanwhile.
        ("webgl", [800], [1000], True, 3),
        ("webgl", [3000], [None], True, 1),
        # Code that the browser still replaces, or a busy moment, decides nothing.
        ("webgl", [400, 40], [100], True, OFTEN),
        ("webgl", [40, 40, 900, 900, 40], [100], True, OFTEN),
        ("webgl", [90], [100, 100, 50, 100, 60], False, OFTEN),
    ],
)
def test_only_a_clear_winner_replaces(
    tmp_path: Path, name: str, rival: list[int], usual: list[int | None], faster: bool, rounds: int
) -> None:
    """Medians of passes in turns decide; what is far behind is not measured to the end.

    LiteRT is taken where it is as fast; what breaks loses.
    """
    assert contest(tmp_path, name, rival, "wasm", usual) == (faster, [rounds, rounds])


def test_only_the_other_webassembly_gives_way_to_an_equal(tmp_path: Path) -> None:
    """Beside a graphics card LiteRT has to be clearly faster too."""
    assert contest(tmp_path, "litert", [98], "webgl", [100]) == (False, [OFTEN, OFTEN])


def contest(
    tmp_path: Path, name: str, rival: list[int], present: str, usual: list[int | None]
) -> tuple[bool, list[int]]:
    """Whether the rival won, and how many passes each made."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "contest.js", tmp_path)
    case = {"name": name, "rival": rival, "present": present, "usual": usual}
    done = subprocess.run(
        [find_node(), str(CHECK), str(tmp_path / "contest.js"), json.dumps([case])],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    [result] = json.loads(done.stdout)
    return result["faster"], result["passes"]
