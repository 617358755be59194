"""The smallest model of each family, trained from its yaml by our worker: that it does, how fast.

Each figure is the mean of two epochs, their validation included, beside YOLOv8n's in the same run;
pictures are few and small, so that even RT-DETR ends within minutes on two cores.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import Row, training
from bench.overhead import dataset
from pipeline import families

FIRST = "YOLOv8"
EPOCHS = 2
IMGSZ = 64
TRAIN_PICTURES, VAL_PICTURES = 8, 2


def run() -> Iterator[Row]:
    """A row a family; one that does not train to its end misses its goal."""
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        base = Path(home)
        key = dataset(base / "store", train=TRAIN_PICTURES, val=VAL_PICTURES)
        beside: float | None = None
        for family in sorted(families.FAMILIES, key=lambda family: family != FIRST):
            model = families.smallest(family)
            result = _train(base, key, model.name)
            seconds = float(result["seconds_per_epoch"]) if result else 0.0
            beside = beside or seconds
            ratio = seconds / beside if beside else None
            yield Row(model.name, seconds, beside, "s", ratio, "trains", result is not None)


def _train(base: Path, key: str, architecture: str) -> dict[str, Any] | None:
    """The result of one training, None when it failed; its log's end goes to stderr then."""
    folder = base / architecture
    folder.mkdir()
    try:
        return training.train(
            folder,
            store=base / "store",
            manifest=key,
            architecture=architecture,
            epochs=EPOCHS,
            imgsz=max(IMGSZ, families.check(architecture).smallest),
        )
    except training.Failed as failure:
        print(failure, file=sys.stderr)
        return None
