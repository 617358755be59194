"""Two models side by side on the pictures that were kept aside."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storage.files import FileStore
from tests.support.trained import IMGSZ, Trained, trained_once, work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training and package that all tests share."""
    return trained_once(tmp_path_factory)


def contestant(trained: Trained, number: int, **more: object) -> dict[str, object]:
    """The shared model as version `number`."""
    classes = trained.manifest["classes"]
    return {"key": trained.weights, "classes": classes, "imgsz": IMGSZ, "number": number} | more


def compare(trained: Trained, folder: Path, **more: object) -> Any:
    """Compare the shared model at two sizes on the test part."""
    test = [image["id"] for image in trained.manifest["images"] if image["part"] == "test"]
    spec = {
        "kind": "compare",
        "store": trained.store.root,
        "manifest": trained.manifest_key,
        "pictures": test,
        "models": [contestant(trained, 2), contestant(trained, 3, imgsz=64)],
    }
    return work(folder / "attempt", **(spec | more))


def test_both_are_judged_on_the_same_pictures(trained: Trained, tmp_path: Path) -> None:
    """Figures of each at its own size, by class; where they differ is drawn side by side."""
    attempt = compare(trained, tmp_path)
    result = attempt.result
    assert result["numbers"] == [2, 3]
    one, other = result["figures"]
    assert (one["part"], one["images"], one["boxes"]) == ("test", 3, other["boxes"])
    assert {row["label"] for row in one["classes"]} <= set(trained.manifest["classes"])
    assert len(result["drawn"]) == result["differing"] <= 3
    store = FileStore(trained.store.root)
    for key in result["drawn"]:
        with Image.open(io.BytesIO(store.read(key))) as picture:
            assert picture.format == "JPEG"
            assert picture.width > picture.height
    told = [event for event in attempt.events if event["type"] == "progress"]
    assert told[-1]["done"] == told[-1]["total"]


def test_a_model_equals_itself(trained: Trained, tmp_path: Path) -> None:
    """The same weights twice: the same figures, and no picture on which they differ."""
    twice = [contestant(trained, 1), contestant(trained, 2)]
    some = [image["id"] for image in trained.manifest["images"] if image["part"] == "test"][:2]
    result = compare(trained, tmp_path, models=twice, pictures=some).result
    assert result["figures"][0] == result["figures"][1]
    assert result["figures"][0]["images"] == 2
    assert (result["differing"], result["drawn"]) == (0, [])


def test_lost_weights_are_said(trained: Trained, tmp_path: Path) -> None:
    """A model whose weights are gone ends the work in one sentence."""
    gone = [contestant(trained, 1), contestant(trained, 2, key=f"aa/{'a' * 64}.pt")]
    failure = compare(trained, tmp_path, models=gone).failure
    assert "weights of this model are missing" in failure["message"]
