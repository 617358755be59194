"""A dataset version becomes files that ultralytics can read and that nobody else can abuse."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.errors import DatasetError, WorkerError
from pipeline.worker.data import materialise, read_manifest
from storage.files import FileStore
from tests.support.scenes import store_dataset


def stored(store: FileStore, manifest: dict[str, Any]) -> str:
    """The key of a changed manifest."""
    return store.put_bytes(json.dumps(manifest).encode(), suffix=".json")


def test_images_and_labels_stand_side_by_side(tmp_path: Path) -> None:
    """Every image of a part has a label file of its name, one row a box in centre form."""
    store, key, manifest = store_dataset(tmp_path / "store", train=2, val=1, test=1)
    data = materialise(read_manifest(store, key), store, tmp_path / "data")
    first = manifest["images"][0]
    rows = (tmp_path / "data/train/labels/00000001.txt").read_text().splitlines()
    assert len(rows) == len(first["boxes"])
    index, cx, cy, w, h = map(float, rows[0].split())
    _, x1, y1, x2, y2 = first["boxes"][0]
    assert (index, cx, cy) == (
        first["boxes"][0][0],
        pytest.approx((x1 + x2) / 2, abs=1e-6),
        pytest.approx((y1 + y2) / 2, abs=1e-6),
    )
    assert (w, h) == (pytest.approx(x2 - x1, abs=1e-6), pytest.approx(y2 - y1, abs=1e-6))
    assert data.paths[1].read_bytes() == store.read(first["key"])
    assert data.judged("val")
    assert data.judged("test")


def test_images_cost_no_space(tmp_path: Path) -> None:
    """On one file system an image is a second name of the stored file."""
    store, key, manifest = store_dataset(tmp_path / "store", train=1, val=0, test=0)
    data = materialise(read_manifest(store, key), store, tmp_path / "data")
    assert data.paths[1].samefile(store.path(manifest["images"][0]["key"]))


def test_background_has_an_empty_label_file(tmp_path: Path) -> None:
    """An image without boxes teaches that nothing is there."""
    store, _, manifest = store_dataset(tmp_path / "store", train=2, val=1, test=0)
    manifest["images"][1]["boxes"] = []
    data = materialise(read_manifest(store, stored(store, manifest)), store, tmp_path / "data")
    assert (tmp_path / "data/train/labels/00000002.txt").read_text() == ""
    assert data.boxes["train"] == len(manifest["images"][0]["boxes"])


def test_hostile_class_names_stay_text(tmp_path: Path) -> None:
    """A name that looks like yaml adds no key: ultralytics would run a `download:`."""
    store, _, manifest = store_dataset(tmp_path / "store", train=1, val=1, test=0)
    manifest["classes"] = ["a\ndownload: bash touch /tmp/x", "{{}}: &x *x !!python/none"]
    data = materialise(read_manifest(store, stored(store, manifest)), store, tmp_path / "data")
    content = yaml.safe_load(data.yaml.read_text())
    assert set(content) == {"path", "train", "val", "names"}
    assert list(content["names"].values()) == manifest["classes"]


def test_without_val_the_library_gets_train_but_nothing_is_judged(tmp_path: Path) -> None:
    """Ultralytics insists on a val part; its figures are not told as if it were one."""
    store, key, _ = store_dataset(tmp_path / "store", train=2, val=0, test=0)
    data = materialise(read_manifest(store, key), store, tmp_path / "data")
    content = yaml.safe_load(data.yaml.read_text())
    assert content["val"] == content["train"]
    assert not data.judged("val")


def test_nothing_labelled_is_told(tmp_path: Path) -> None:
    """Without a box in train there is nothing to learn."""
    store, _, manifest = store_dataset(tmp_path / "store", train=2, val=1, test=0)
    for image in manifest["images"]:
        image["boxes"] = [[0, 0.5, 0.5, 0.5, 0.5]] if image["part"] == "train" else []
    with pytest.raises(DatasetError, match="label some first"):
        materialise(read_manifest(store, stored(store, manifest)), store, tmp_path / "data")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"classes": []}, DatasetError),
        ({"classes": ["only"]}, WorkerError),
        ({"images": [{"id": "x"}]}, WorkerError),
    ],
)
def test_a_broken_manifest_is_refused(
    tmp_path: Path, change: dict[str, Any], error: type[Exception]
) -> None:
    """No classes, a box of an unknown class, a row without its fields: each ends in words."""
    store, _, manifest = store_dataset(tmp_path / "store")
    with pytest.raises(error):
        read_manifest(store, stored(store, manifest | change))


def test_a_missing_picture_is_our_fault(tmp_path: Path) -> None:
    """A key that nothing is stored under is a fault on our side, in one sentence."""
    store, _, manifest = store_dataset(tmp_path / "store", train=1, val=0, test=0)
    manifest["images"][0]["key"] = "00/0000.jpg"
    with pytest.raises(WorkerError, match="missing from the store"):
        materialise(read_manifest(store, stored(store, manifest)), store, tmp_path / "data")
