"""The smallest model of each family as TensorFlow.js and LiteRT files, beside PyTorch's answers.

Random weights, the files as they are shipped, read back and run, and `detector.js` in a Chromium
where there is one: the largest difference of any score, or coordinate as a share of the whole.
docs/reference/conversions.md has the last table.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import Row
from bench.converted import BROWSER
from pipeline import families
from pipeline.worker.runs import LIMITS

CLASSES = 3
IMGSZ = 128
RUNTIMES = ("tfjs", "tflite", *BROWSER.values())


def run() -> Iterator[Row]:
    """Four rows a family, two without a browser; one that is not converted misses its goal."""
    for family in families.FAMILIES:
        model = families.smallest(family)
        with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
            told = _convert(model, Path(home))
        for name in RUNTIMES:
            if told and name not in told:
                continue
            gap = float(told[name]) if told else float("inf")
            form = told["form"] if told else "refused"
            yield Row.at_most(
                f"{model.name} {name} ({form})",
                ours=gap,
                other=None,
                unit="off",
                limit=LIMITS["fp32"],
            )


def _convert(model: families.Architecture, folder: Path) -> dict[str, Any] | None:
    """What the conversion told, None when it failed; its log's end goes to stderr then."""
    weights = str(folder / "weights.pt")
    imgsz = str(max(IMGSZ, model.smallest))
    commands = (
        [sys.executable, "-m", "bench.scratch", model.name, str(CLASSES), weights],
        [sys.executable, "-m", "bench.converted", str(folder), imgsz],
    )
    said = ""
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stderr[-2000:], file=sys.stderr)
            return None
        said = done.stdout
    told: dict[str, Any] = json.loads(said.splitlines()[-1])
    return told
