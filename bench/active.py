"""Asking in our order against asking in any order: BCCD's photos, real trainings, same seeds.

For each seed a model is trained on the same few labelled photos. Then either side labels as many
more, round after round: ours the ones that our worker ranks highest by the newest model's look, the
other ones drawn by lot. Either goes on training from its newest model; both see as many pictures,
and are judged on the same photos, which neither may label.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from bench import Row, bccd
from bench.bccd import CLASSES, Photo
from bench.curves import Curve, plot
from storage.files import FileStore

ROOT = Path(__file__).resolve().parent.parent
PLOT = Path("build/active.png")

SEEDS = (0, 1, 2)
FIRST, STEP, ROUNDS = 24, 24, 2
IMGSZ = 224
EACH = 150
"""Pictures an epoch, however few are labelled: they are repeated, so that all trainings compare."""
FIRST_EPOCHS, EPOCHS = 32, 12


class RunFailed(RuntimeError):
    """A training under measurement ended badly."""


@dataclass
class Side:
    """One way of asking: what is labelled so far, and the newest model's weights."""

    labelled: list[Photo]
    weights: str
    curve: Curve = field(default_factory=Curve)


@dataclass(frozen=True)
class Task:
    """A training: on what, and from which weights (None: from nothing)."""

    photos: Sequence[Photo]
    seed: int
    start: str | None = None


def run() -> Iterator[Row]:
    """A row a count of labelled photos, for the mean of the curve, and for the boxes it took."""
    ours: list[Curve] = []
    other: list[Curve] = []
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        bench = _Bench(Path(home))
        for seed, start in bench.starts().items():
            mine, lot = bench.race(seed, start)
            ours.append(mine)
            other.append(lot)
    PLOT.parent.mkdir(exist_ok=True)
    plot(PLOT, {"our order": ours, "any order": other}, title="BCCD, photos not trained on")
    print(f"plot: {PLOT.resolve()}", file=sys.stderr)
    for place, count in enumerate(ours[0].labelled):
        if place:
            yield _row(f"mAP50 at {count} photos", _means(ours)[place], _means(other)[place])
    yield _row("mAP50, mean of the curve", mean(_means(ours)[1:]), mean(_means(other)[1:]))
    taken, usual = (mean(curve.boxes[-1] for curve in curves) for curves in (ours, other))
    yield Row("boxes in those photos", taken, usual, "boxes", taken / usual, "told only", True)


def _means(curves: Sequence[Curve]) -> list[float]:
    return [mean(values) for values in zip(*(curve.map50 for curve in curves), strict=True)]


def _row(name: str, ours: float, other: float) -> Row:
    ratio = ours / other if other else None
    return Row(name, ours, other, "", ratio, "≥ any order", ours >= other)


class _Bench:
    """The photos in a store, and workers that train and look."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._store = FileStore(home / "store")
        self._pool = bccd.photos(self._store, "trainval")
        self._judges = bccd.photos(self._store, "test")
        self._runs = 0

    def starts(self) -> dict[int, Side]:
        """What is labelled at first with each seed, and the model trained on that."""
        firsts = {seed: self._shuffled(seed)[:FIRST] for seed in SEEDS}
        made = self._train([Task(photos, seed) for seed, photos in firsts.items()])
        sides = {}
        for (seed, photos), (weights, score) in zip(firsts.items(), made, strict=True):
            sides[seed] = Side(photos, weights)
            sides[seed].curve.add(photos, score)
        return sides

    def _shuffled(self, seed: int) -> list[Photo]:
        photos = list(self._pool)
        random.Random(seed).shuffle(photos)
        return photos

    def race(self, seed: int, start: Side) -> tuple[Curve, Curve]:
        """Both sides' curves with this seed."""
        ours, other = deepcopy(start), deepcopy(start)
        lot = self._shuffled(seed)
        for _ in range(ROUNDS):
            ours.labelled += self._ranked(ours)[:STEP]
            other.labelled = lot[: len(other.labelled) + STEP]
            # Side by side: whatever else the machine does weighs on both.
            made = self._train([Task(side.labelled, seed, side.weights) for side in (ours, other)])
            for side, (weights, score) in zip((ours, other), made, strict=True):
                side.weights = weights
                side.curve.add(side.labelled, score)
            print(f"seed {seed}: {ours.curve} | {other.curve}", file=sys.stderr, flush=True)
        return ours.curve, other.curve

    def _ranked(self, side: Side) -> list[Photo]:
        """What is not labelled yet, as our worker ranks it by the side's newest model."""
        free = {photo["id"]: photo for photo in self._pool if photo not in side.labelled}
        counts = [sum(box[0] == k for p in side.labelled for box in p["boxes"]) for k in range(3)]
        spec = {
            "kind": "propose",
            "store": self._store.root,
            "weights": {"key": side.weights, "classes": CLASSES},
            "weights_folder": str(self._home / "none"),
            "offline": True,
            "imgsz": IMGSZ,
            "classes": CLASSES,
            "pictures": [{"image_id": i, "key": photo["key"]} for i, photo in free.items()],
            "known": [{"image_id": p["id"], "key": p["key"]} for p in side.labelled],
            "have": dict(zip(CLASSES, counts, strict=True)),
        }
        [folder] = self._work([spec])
        images = _result(folder)["images"]
        order = sorted(images, key=lambda image: -image["rank"])
        return [free[image["image_id"]] for image in order]

    def _train(self, tasks: Sequence[Task]) -> list[tuple[str, float]]:
        """The weights' key and mAP50 of each training, all done side by side."""
        made = []
        for folder in self._work([self._training(task) for task in tasks]):
            result = _result(folder)
            key = self._store.put_file(folder / "out" / result["weights"])
            made.append((key, float(result["test"]["map50"])))
        return made

    def _training(self, task: Task) -> dict[str, Any]:
        weights = self._home / "weights" / Path(task.start or "none").stem
        weights.mkdir(parents=True, exist_ok=True)
        if task.start:
            # Where our worker looks for weights to start from.
            (weights / "yolov8n.pt").write_bytes(self._store.read(task.start))
        return {
            "kind": "train",
            "store": self._store.root,
            "manifest": self._manifest(task.photos),
            "epochs": EPOCHS if task.start else FIRST_EPOCHS,
            "imgsz": IMGSZ,
            "seed": task.seed,
            "start": "auto" if task.start else "scratch",
            "weights_folder": str(weights),
            "offline": True,
        }

    def _manifest(self, photos: Sequence[Photo]) -> str:
        repeated = [photos[place % len(photos)] for place in range(EACH)]
        # The best epoch is chosen by labelled photos: nobody labels others only to choose by.
        chosen_by = photos[: FIRST // 3]
        parts = (("train", repeated), ("val", chosen_by), ("test", self._judges))
        images = [
            {
                "id": 1000 * number + place,
                "key": photo["key"],
                "part": part,
                "boxes": photo["boxes"],
            }
            for number, (part, some) in enumerate(parts, 1)
            for place, photo in enumerate(some)
        ]
        manifest = {"classes": CLASSES, "images": images}
        return self._store.put_bytes(json.dumps(manifest).encode(), suffix=".json")

    def _work(self, specs: Sequence[dict[str, Any]]) -> list[Path]:
        """Run a worker on each, side by side; their folders."""
        started = []
        for spec in specs:
            self._runs += 1
            folder = self._home / f"{self._runs}-{spec['kind']}"
            folder.mkdir()
            (folder / "spec.json").write_text(json.dumps(spec))
            with (folder / "log.txt").open("w") as log:
                command = [sys.executable, "-m", "pipeline.worker", str(folder)]
                process = subprocess.Popen(
                    command, cwd=ROOT, stdout=log, stderr=log, env=dict(os.environ)
                )
            started.append((process, folder))
        for process, folder in started:
            if process.wait() != 0:
                raise RunFailed((folder / "log.txt").read_text()[-2000:])
        return [folder for _, folder in started]


def _result(folder: Path) -> dict[str, Any]:
    last = json.loads((folder / "events.jsonl").read_text().splitlines()[-1])
    result: dict[str, Any] = last["result"]
    return result
