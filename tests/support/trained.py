"""One real, tiny training and its package, made once and shared by every test that needs one."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.worker import engine
from storage.files import FileStore
from tests.support.scenes import CLASSES, store_dataset
from tests.support.surer import surer

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 2
IMGSZ = 96


@dataclass(frozen=True)
class Attempt:
    """A worker that has ended: its folder, exit code and events."""

    folder: Path
    code: int
    events: list[dict[str, Any]]

    @property
    def out(self) -> Path:
        """Where its files are."""
        return self.folder / "out"

    @property
    def result(self) -> dict[str, Any]:
        """The result of `done`; fails with the log when there is none."""
        last = self.events[-1]
        assert last["type"] == "done", (self.folder / "log.txt").read_text()[-3000:]
        result: dict[str, Any] = last["result"]
        return result

    @property
    def failure(self) -> dict[str, Any]:
        """The last event, which says why the work stopped."""
        last = self.events[-1]
        assert last["type"] == "failed", last
        return last


@dataclass(frozen=True)
class Trained:
    """A dataset, a model trained on it, and the package made of that."""

    store: FileStore
    manifest_key: str
    manifest: dict[str, Any]
    train: Attempt
    weights: str
    package: Attempt


WORKER = (sys.executable, "-m", "pipeline.worker")


def work(
    folder: Path,
    *,
    command: Sequence[str] = WORKER,
    environment: Mapping[str, str] | None = None,
    **spec: object,
) -> Attempt:
    """Run a worker on `spec` in a process of its own, cut off from the network's proxies."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    passed_on = ("PATH", "HOME", "LANG", "TAPTRAIN_CHROMIUM")
    given = {name: os.environ[name] for name in passed_on if name in os.environ}
    with (folder / "log.txt").open("w") as log:
        done = subprocess.run(
            [*command, str(folder)],
            cwd=ROOT,
            env=given | dict(environment or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=500,
            check=False,
        )
    lines = (folder / "events.jsonl").read_text().splitlines()
    return Attempt(folder, done.returncode, [json.loads(line) for line in lines])


def train_spec(store: FileStore, manifest: str, base: Path, **more: object) -> dict[str, object]:
    """A train spec that ends within seconds."""
    return {
        "kind": "train",
        "store": store.root,
        "manifest": manifest,
        "epochs": EPOCHS,
        "imgsz": IMGSZ,
        "batch": 4,
        "weights_folder": str(base / "weights"),
        "offline": True,
        **more,
    }


def _surer(weights: Path, pictures: list[Path], base: Path) -> Path:
    """The same model, but it passes boxes: two epochs are too few for that."""
    model = engine.load(weights)
    surer(model, pictures, IMGSZ, threshold=0.4, candidates=12)
    model.save(str(base / "surer.pt"))
    return base / "surer.pt"


_made: list[Trained] = []


def trained_once(factory: pytest.TempPathFactory) -> Trained:
    """The shared training and package; the first caller waits for it."""
    if not _made:
        base = factory.mktemp("trained")
        store, key, manifest = store_dataset(base / "store")
        train = work(base / "train", **train_spec(store, key, base))
        pictures = [store.path(image["key"]) for image in manifest["images"]]
        weights = store.put_file(_surer(train.out / train.result["weights"], pictures, base))
        unseen_first = sorted(manifest["images"], key=lambda image: image["part"])
        package = work(
            base / "package",
            kind="package",
            store=store.root,
            weights=weights,
            imgsz=IMGSZ,
            file_name="fruit-v1-tfjs.zip",
            metadata={
                "project": "fruit <b>stand</b>",
                "version": 1,
                "classes": CLASSES,
                "metrics": {"val": None, "test": {"map50": 0.1}},
                "dataset": "digest",
            },
            selftest_pictures=[image["key"] for image in unseen_first],
            manifest=key,
        )
        _made.append(Trained(store, key, manifest, train, weights, package))
    return _made[0]
