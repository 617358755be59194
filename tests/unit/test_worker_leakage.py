"""The leak check: pictures that judge and look like one that was learned from."""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.worker.data import Materialised, materialise, read_manifest
from pipeline.worker.leakage import near_copies
from storage.files import FileStore
from tests.support.scenes import store_dataset


def laid_out(store: FileStore, manifest: dict[str, Any], folder: Path) -> Materialised:
    """The manifest as files."""
    key = store.put_bytes(json.dumps(manifest).encode(), suffix=".json")
    return materialise(read_manifest(store, key), store, folder)


def lighter(data: bytes) -> bytes:
    """The same picture, a little lighter and packed anew."""
    with Image.open(io.BytesIO(data)) as image:
        changed = image.point(lambda level: min(255, level + 6))
    out = io.BytesIO()
    changed.save(out, "JPEG", quality=80)
    return out.getvalue()


def test_different_scenes_do_not_leak(tmp_path: Path) -> None:
    """Pictures of their own are no copies; a part without pictures is not told of."""
    store, _, manifest = store_dataset(tmp_path / "store", train=6, val=3, test=0)
    assert near_copies(laid_out(store, manifest, tmp_path / "data")) == {"val": 0}


def test_a_near_copy_is_counted_once(tmp_path: Path) -> None:
    """However many are like it, and though nothing of it but its pixels is alike."""
    store, _, manifest = store_dataset(tmp_path / "store", train=4, val=2, test=1)
    train = [image for image in manifest["images"] if image["part"] == "train"]
    val = next(image for image in manifest["images"] if image["part"] == "val")
    train[1]["key"] = train[0]["key"]
    val["key"] = store.put_bytes(lighter(store.read(train[0]["key"])), suffix=".jpg")
    assert near_copies(laid_out(store, manifest, tmp_path / "data")) == {"val": 1, "test": 0}


def test_a_broken_picture_ends_nothing(tmp_path: Path) -> None:
    """One that does not decode is passed by."""
    store, _, manifest = store_dataset(tmp_path / "store", train=2, val=2, test=0)
    manifest["images"][-1]["key"] = store.put_bytes(b"no picture", suffix=".jpg")
    assert near_copies(laid_out(store, manifest, tmp_path / "data")) == {"val": 0}
