"""The page's arithmetic, held to OpenCV's and ultralytics' own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.browser import HERE

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT / "tests/support/detector_check.mjs"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """How far the page's scripts are from the reference."""
    node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if node is None:
        pytest.skip("needs Node.js")
    folder = tmp_path_factory.mktemp("reference")
    # Modules are found by their package.json; the page itself needs none.
    (folder / "browser").mkdir()
    (folder / "browser/package.json").write_text('{"type": "module"}')
    for name in ("letterbox.js", "boxes.js"):
        shutil.copyfile(HERE / name, folder / "browser" / name)
    command = [sys.executable, "-m", "tests.support.detector_reference", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300, capture_output=True)
    done = subprocess.run(
        [node, str(CHECK), str(folder / "browser"), str(folder)],
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    result: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return result


def test_pixels_equal_opencvs(answers: dict[str, list[dict[str, Any]]]) -> None:
    """Resized and padded pictures are the same bytes, smaller or larger, odd or square."""
    assert len(answers["letterboxes"]) == 5
    for case in answers["letterboxes"]:
        assert case == {"length": True, "worst": 0}


def test_boxes_equal_ultralytics(answers: dict[str, list[dict[str, Any]]]) -> None:
    """Of crowded outputs the same boxes survive in the same order, to a thousandth of a pixel."""
    assert len(answers["detections"]) == 4
    for case in answers["detections"]:
        assert case["count"] == case["wanted"] > 20
        assert case["worst"] < 1e-3
