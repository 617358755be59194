"""The smallest model of each family as TensorFlow.js and LiteRT files, beside PyTorch's answers.

Random weights, the files as they are shipped, read back and run: the largest difference of any raw
score, or coordinate as a share of the input. docs/reference/conversions.md has the last table.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import Row
from pipeline import families
from pipeline.worker.runs import LIMITS

CLASSES = 3
IMGSZ = 128
SCRIPT = """
import json, sys
from pathlib import Path
from pipeline.worker.convert import portable, read_back
from pipeline.worker.runs import difference
folder, imgsz = Path(sys.argv[1]), int(sys.argv[2])
made = portable(folder / "weights.pt", folder / "made", imgsz)
told = {"form": made.network.form, "shape": made.network.shape}
for place in (made.tfjs(folder / "web", "fp32"), made.tflite(folder / "model.tflite", "fp32")):
    answer = read_back(place)(made.network.sample)
    told[place.name] = difference(
        answer, made.network.answer, made.network.form, made.network.size
    )
print(json.dumps(told))
"""


def run() -> Iterator[Row]:
    """Two rows a family; one that is not converted misses its goal."""
    for family in families.FAMILIES:
        model = families.smallest(family)
        with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
            told = _convert(model, Path(home))
        for name, place in (("tfjs", "web"), ("tflite", "model.tflite")):
            gap = float(told[place]) if told else float("inf")
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
        [sys.executable, "-c", SCRIPT, str(folder), imgsz],
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
