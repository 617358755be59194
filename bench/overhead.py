"""A training in our worker beside the plain `yolo train` command, on the same pictures.

Both sides run in turns (ours, other, other, ours), so that a machine that slows down or is shared
weighs on both; times come from the results.csv that ultralytics writes on either side.
"""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import monotonic, sleep

from PIL import Image, ImageDraw

from bench import Row
from storage.files import FileStore

RATIO_LIMIT = 1.05
STARTUP_LIMIT_S = 3.0
EPOCHS = 4
IMGSZ = 320
BATCH = 16
TRAIN_PICTURES, VAL_PICTURES = 64, 16
ORDER = ("ours", "other", "other", "ours")
POLL_S = 0.02


class RunFailed(RuntimeError):
    """A training under measurement ended badly."""


@dataclass(frozen=True)
class Side:
    """How to start one side, and where its results.csv will be."""

    command: Sequence[str]
    results: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Times:
    """Seconds before the first epoch, and of each epoch after the first."""

    startup: float
    epochs: list[float]


def run() -> Iterator[Row]:
    """Rows of seconds an epoch, and of seconds before the first one."""
    times: dict[str, list[Times]] = {"ours": [], "other": []}
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        base = Path(home)
        key = dataset(base / "store")
        for number, name in enumerate(ORDER):
            folder = base / f"{number}-{name}"
            folder.mkdir()
            side = _ours(base, key, folder) if name == "ours" else _other(base, folder)
            times[name].append(_run(side, folder))
    ours, other = (_epoch(times[name]) for name in ("ours", "other"))
    yield Row.ratio_at_most("epoch", ours=ours, other=other, unit="s", limit=RATIO_LIMIT)
    ours, other = (median(t.startup for t in times[name]) for name in ("ours", "other"))
    more = Row.at_most(
        "start beyond the plain one", ours=ours - other, other=None, unit="s", limit=STARTUP_LIMIT_S
    )
    yield Row("start", ours, other, "s", ours / other, more.goal + " more", more.holds)


def _epoch(times: Sequence[Times]) -> float:
    return median(seconds for one in times for seconds in one.epochs)


def dataset(root: Path, *, train: int = TRAIN_PICTURES, val: int = VAL_PICTURES) -> str:
    """Pictures of discs in a store; the key of their manifest."""
    store, rng = FileStore(root), random.Random(0)
    images: list[dict[str, object]] = []
    for number in range(1, train + val + 1):
        picture = Image.effect_noise((480, 360), 60).convert("RGB")
        draw, boxes = ImageDraw.Draw(picture), []
        for _ in range(6):
            x, y, r = rng.uniform(40, 440), rng.uniform(40, 320), rng.uniform(15, 40)
            draw.ellipse((x - r, y - r, x + r, y + r), fill=(220, 60, 40))
            boxes.append([0, (x - r) / 480, (y - r) / 360, (x + r) / 480, (y + r) / 360])
        path = root / "picture.jpg"
        root.mkdir(exist_ok=True)
        picture.save(path)
        part = "train" if number <= train else "val"
        images.append({"id": number, "key": store.put_file(path), "part": part, "boxes": boxes})
    manifest = {"classes": ["disc"], "images": images}
    return store.put_bytes(json.dumps(manifest).encode(), suffix=".json")


def _ours(base: Path, key: str, folder: Path) -> Side:
    spec = {
        "kind": "train",
        "store": str(base / "store"),
        "manifest": key,
        "epochs": EPOCHS,
        "imgsz": IMGSZ,
        "batch": BATCH,
        "start": "scratch",
        "weights_folder": str(base / "weights"),
        "offline": True,
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    command = [sys.executable, "-m", "pipeline.worker", str(folder)]
    return Side(command, folder / "run/train/results.csv", {})


def _other(base: Path, folder: Path) -> Side:
    # The pictures as the first of ours laid them out; its label caches are swept, as ours has none.
    data = base / "0-ours/out/data"
    for cache in data.rglob("*.cache"):
        cache.unlink()
    command = [
        str(Path(sys.executable).parent / "yolo"),
        "train",
        "model=yolov8n.yaml",
        f"data={data / 'data.yaml'}",
        f"epochs={EPOCHS}",
        f"imgsz={IMGSZ}",
        f"batch={BATCH}",
        f"project={folder}",
        "name=train",
    ]
    # Fonts and settings as ours finds them, else the command would try to download.
    config = base / "0-ours/.ultralytics"
    environment = {"YOLO_CONFIG_DIR": str(config), "YOLO_OFFLINE": "true"}
    return Side(command, folder / "train/results.csv", environment)


def _run(side: Side, folder: Path) -> Times:
    """Run one side to its end.

    Raises:
        RunFailed: with the end of its log.
    """
    start = monotonic()
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            side.command, stdout=log, stderr=log, env={**os.environ, **side.environment}
        )
        while not side.results.exists() and process.poll() is None:
            sleep(POLL_S)
        first_epoch_over = monotonic() - start
        code = process.wait()
    if code != 0 or not side.results.exists():
        raise RunFailed((folder / "log.txt").read_text()[-2000:])
    with side.results.open(newline="") as table:
        # Seconds since the training loop began, told after each epoch.
        marks = [float(row["time"]) for row in csv.DictReader(table)]
    epochs = [after - before for before, after in pairwise(marks)]
    return Times(first_epoch_over - marks[0], epochs)
