"""Other families than YOLOv8, other starts and tuned words, each a real, tiny training."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.apart import apart
from tests.support.scenes import store_dataset
from tests.support.trained import train_spec, work

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("architecture", ["yolov5n", "yolov10n", "yolo12n", "yolo26n"])
def test_other_families_train(tmp_path: Path, architecture: str) -> None:
    """Heads and blocks unlike YOLOv8's: a result with figures, a gallery and weights.

    `python -m bench families` has all of them.
    """
    store, key, _ = store_dataset(tmp_path / "store", train=8, val=2, test=2)
    spec = train_spec(store, key, tmp_path, epochs=1, imgsz=64, architecture=architecture)
    attempt = work(tmp_path / "attempt", **spec)
    result = attempt.result
    assert (result["architecture"], result["start_weights"]) == (
        architecture,
        f"{architecture}.yaml",
    )
    assert result["plots"][0] == "unseen.jpg"
    assert (result["val"]["images"], result["test"]["images"]) == (2, 2)
    looked = work(
        tmp_path / "propose",
        kind="propose",
        store=store.root,
        weights={"key": store.put_file(attempt.out / result["weights"]), "classes": []},
        weights_folder=str(tmp_path / "weights"),
        imgsz=64,
        classes=["apple", "lemon"],
        confidence=1e-6,
        pictures=[{"image_id": 1, "key": _first_picture(store.root)}],
    )
    assert [image["image_id"] for image in looked.result["images"]] == [1]


def _first_picture(root: str) -> str:
    path = min(Path(root).rglob("*.jpg"))
    return path.relative_to(root).as_posix()


def test_a_training_goes_on_from_a_model_of_the_project(tmp_path: Path) -> None:
    """It starts from the stored weights, tuned as asked, and the result says so."""
    store, key, _ = store_dataset(tmp_path / "store", train=8, val=2, test=0)
    plain = train_spec(store, key, tmp_path, epochs=1, imgsz=64)
    first = work(tmp_path / "first", **plain)
    more = {
        "start": "model",
        "start_key": store.put_file(first.out / first.result["weights"]),
        "start_name": "v1",
        "patience": 20,
        "args": {"mosaic": 0.0, "lr0": 0.005, "optimizer": "SGD", "freeze": 10, "cos_lr": True},
    }
    attempt = work(tmp_path / "attempt", **plain, **more)
    assert (attempt.result["start_weights"], attempt.result["start"]) == ("v1", "model")
    used = yaml.safe_load((attempt.folder / "run/train/args.yaml").read_text())
    wanted = {"mosaic": 0.0, "lr0": 0.005, "optimizer": "SGD", "freeze": 10, "cos_lr": True}
    assert {name: used[name] for name in wanted} == wanted
    assert used["patience"] == 20
    log = (attempt.folder / "log.txt").read_text()
    # Every layer is taken over, since it is the same architecture with the same classes.
    assert "Transferred 355/355 items" in log
    assert "Freezing layer 'model.9." in log


def test_a_browser_model_that_nothing_here_runs_is_told(tmp_path: Path) -> None:
    """An operation of TensorFlow.js alone: one sentence, no traceback."""
    node = {"name": "x", "op": "OnlyInBrowsers", "input": [], "attr": {}}
    content = {"modelTopology": {"node": [node]}, "weightsManifest": []}
    signature = {"inputs": {"a": {"name": "x:0"}}, "outputs": {"b": {"name": "x:0"}}}
    (tmp_path / "model.json").write_text(json.dumps({**content, "signature": signature}))
    code = (
        "import sys; from pathlib import Path; from pipeline.errors import NotPackable; "
        "from pipeline.worker.convert import read_back\n"
        "try: read_back(Path(sys.argv[1]))\n"
        "except NotPackable as error: print(error.user_message)"
    )
    told = apart(code, str(tmp_path))
    assert told.returncode == 0, told.stderr[-3000:]
    assert "can't pack this kind of model" in told.stdout
