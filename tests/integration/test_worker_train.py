"""A real, tiny training in a worker process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.support.scenes import CLASSES, store_dataset
from tests.support.trained import EPOCHS, IMGSZ, ROOT, Trained, train_spec, trained_once, work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training and package that all tests share."""
    return trained_once(tmp_path_factory)


def test_a_training_ends_with_figures(trained: Trained) -> None:
    """The result names weights, where they started, both parts with every class, and versions."""
    result = trained.train.result
    assert result["start_weights"] == "yolov8n.yaml"
    assert (result["epochs"], result["imgsz"], result["train_images"]) == (EPOCHS, IMGSZ, 12)
    assert 1 <= result["best_epoch"] <= EPOCHS
    assert 0 < result["seconds_per_epoch"] < result["seconds"]
    assert set(result["versions"]) == {"taptrain", "ultralytics", "torch", "python"}
    assert result["near_copies"] == {"val": 0, "test": 0}
    for part, images in (("val", 4), ("test", 3)):
        figures = result[part]
        boxes = sum(
            len(image["boxes"]) for image in trained.manifest["images"] if image["part"] == part
        )
        assert (figures["part"], figures["images"], figures["boxes"]) == (part, images, boxes)
        assert {row["label"] for row in figures["classes"]} == set(CLASSES)
        assert sum(row["boxes"] for row in figures["classes"]) == boxes


def test_the_model_in_use_is_judged_on_the_same_pictures(trained: Trained, tmp_path: Path) -> None:
    """The same weights on the same pictures get the same figures."""
    spec = train_spec(trained.store, trained.manifest_key, tmp_path, epochs=1)
    rival = {"key": trained.weights, "imgsz": IMGSZ, "classes": list(CLASSES)}
    result = work(tmp_path / "attempt", **spec, rival=rival).result
    assert result["rival"] == trained.train.result["test"]


def test_a_training_can_be_done_again(trained: Trained) -> None:
    """What it was trained with is told, and nothing of this machine."""
    arguments = trained.train.result["arguments"]
    wanted = {"architecture": "yolov8n", "epochs": EPOCHS, "imgsz": IMGSZ, "seed": 0}
    assert wanted.items() <= arguments.items()
    assert {"batch", "patience", "start"} <= set(arguments)
    assert str(trained.train.folder.parent) not in json.dumps(arguments)


def test_each_epoch_is_told(trained: Trained) -> None:
    """The bar starts at the load stage, never goes back, and carries the losses of each epoch."""
    events = trained.train.events
    told = [event for event in events if event["type"] == "progress"]
    assert events[0]["type"] == "started"
    assert told[0]["stage"] == "load"
    epochs = [event for event in told if event["stage"] == "epoch"]
    assert [event["done"] for event in epochs] == sorted(event["done"] for event in epochs)
    # On a slow machine there is news between two epochs as well.
    whole = [event for event in epochs if event["done"] == int(event["done"])]
    finished = [event for event in whole if "box_loss" in event["figures"]]
    assert [event["done"] for event in finished] == [1, 2]
    for event in finished:
        assert event["total"] == EPOCHS
        wanted = {"epoch", "epochs", "box_loss", "cls_loss", "dfl_loss", "map50", "map50_95"}
        assert wanted | {"images_per_s", "gpu_mem", "ram", "batch"} == set(event["figures"])


def test_plots_make_an_album(trained: Trained) -> None:
    """Two to ten photos that a chat takes, boxes on unseen pictures first."""
    plots = trained.train.result["plots"]
    assert plots[0] == "unseen.jpg"
    assert 2 <= len(plots) <= 10
    for name in plots:
        path = trained.train.out / name
        with Image.open(path) as plot:
            assert plot.format == "JPEG"
            assert sum(plot.size) <= 10_000
        assert path.stat().st_size < 10_000_000


def test_nothing_is_written_beside_the_attempt(trained: Trained) -> None:
    """Settings, fonts and runs stay inside the attempt's folder."""
    settings = trained.train.folder / ".ultralytics/Ultralytics/settings.json"
    assert '"sync": false' in settings.read_text()
    log = (trained.train.folder / "log.txt").read_text()
    assert "Downloading" not in log
    assert not (trained.train.folder.parent / "weights").exists()


def test_stored_pictures_are_untouched(trained: Trained) -> None:
    """Training on hard links leaves the store's bytes as they were."""
    for image in trained.manifest["images"]:
        data = trained.store.read(image["key"])
        assert trained.store.put_bytes(data, suffix=".jpg") == image["key"]


def test_a_version_without_unseen_pictures_trains(tmp_path: Path) -> None:
    """One picture, and a class without a box: figures are absent, and only the loss is plotted."""
    store, _, manifest = store_dataset(tmp_path / "store", train=1, val=0, test=0)
    manifest["classes"] = [*CLASSES, "pear"]
    key = store.put_bytes(json.dumps(manifest).encode(), suffix=".json")
    spec = train_spec(store, key, tmp_path, epochs=1, start="scratch")
    result = work(tmp_path / "attempt", **spec).result
    assert (result["val"], result["test"]) == (None, None)
    assert result["plots"] == ["results.jpg"]
    assert (tmp_path / "attempt/out" / result["weights"]).is_file()


def test_hostile_class_names_do_no_harm(tmp_path: Path) -> None:
    """Formulas, line breaks, emoji, yaml and ImageNet's codes are names like any other."""
    store, _, manifest = store_dataset(tmp_path / "store", train=3, val=2, test=0)
    manifest["classes"] = ["n01440764", "$\\bad{$ 🐱\n<b>кот: [*x"]
    key = store.put_bytes(json.dumps(manifest).encode(), suffix=".json")
    result = work(tmp_path / "attempt", **train_spec(store, key, tmp_path, epochs=1)).result
    assert {row["label"] for row in result["val"]["classes"]} == set(manifest["classes"])
    assert "confusion_matrix_normalized.jpg" in result["plots"]


def test_a_cancelled_training_ends_at_once(tmp_path: Path) -> None:
    """SIGTERM in the middle of an epoch ends the process; nothing is called a result."""
    store, key, _ = store_dataset(tmp_path / "store", train=12, val=2, test=0)
    folder = tmp_path / "attempt"
    folder.mkdir()
    spec = train_spec(store, key, tmp_path, epochs=500)
    (folder / "spec.json").write_text(json.dumps(spec))
    with (folder / "log.txt").open("w") as log:
        command = [sys.executable, "-m", "pipeline.worker", str(folder)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 120
        events = folder / "events.jsonl"
        while not (events.exists() and '"box_loss"' in events.read_text()):
            assert time.monotonic() < until, (folder / "log.txt").read_text()[-2000:]
            assert process.poll() is None
            time.sleep(0.1)
        process.terminate()
        assert process.wait(timeout=60) == 143
    finally:
        process.kill()
        process.wait()
    assert json.loads(events.read_text().splitlines()[-1])["type"] == "progress"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"architecture": "../evil"}, "SpecError", "yolov8n"),
        ({"imgsz": 32}, "SpecError", "64 pixels"),
        ({"manifest": "00/none.json"}, "WorkerError", "missing"),
    ],
)
def test_what_makes_no_sense_is_told(
    tmp_path: Path, change: dict[str, object], code: str, words: str
) -> None:
    """A spec that cannot be trained ends at once, in one sentence without a path."""
    store, key, _ = store_dataset(tmp_path / "store", train=1, val=0, test=0)
    spec = train_spec(store, key, tmp_path) | change
    attempt = work(tmp_path / "attempt", **spec)
    assert attempt.code == 1
    assert attempt.failure["code"] == code
    assert words in attempt.failure["message"]
    assert str(tmp_path) not in attempt.failure["message"]
