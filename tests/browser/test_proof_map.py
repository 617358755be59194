"""What a package finds in a real browser is worth as much as what PyTorch finds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bccd_model import IMGSZ

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[2]
PICTURES, FEW = 24, 2


@pytest.fixture(scope="module")
def rows(shared_data: Path, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """The bench's rows for a model that was trained for a minute."""
    folder = tmp_path_factory.mktemp("bccd")
    _run("tests.support.bccd_model", str(folder))
    options = ["--weights", str(folder / "best.pt"), "--imgsz", str(IMGSZ)]
    options += ["--pictures", str(PICTURES), "--few", str(FEW)]
    said = _run("bench", "proof", "--json", *options)
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_browser_scores_what_pytorch_scores(rows: list[dict]) -> None:
    """Within half a point with float32 and float16, on every runtime, of a model that finds."""
    of = {row["name"].split(",")[0]: row for row in rows}
    for runtime in ("wasm", "litert", "webgl"):
        for precision in ("fp32", "fp16"):
            for figure in ("mAP50", "mAP50-95"):
                row = of[f"{runtime} {precision} {figure}"]
                assert abs(row["ours"] - row["other"]) <= 0.005, row
            assert of[f"{runtime} {precision} mAP50"]["other"] >= 0.2


def test_8_bits_are_measured_too(rows: list[dict]) -> None:
    """Their figure is told for every runtime, whatever it is."""
    told = [row for row in rows if " uint8 mAP50," in row["name"]]
    assert [row["name"].split()[0] for row in told] == ["wasm", "litert", "webgl"]
    assert all(row["ours"] > 0.1 for row in told)
