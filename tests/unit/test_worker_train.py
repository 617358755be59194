"""How a training that breaks is told, and which pictures its result shows."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import OutOfMemory, WorkerError
from pipeline.jobs.spec import RivalRef, TrainSpec
from pipeline.worker import train
from pipeline.worker.data import Manifest, Materialised
from pipeline.worker.gallery import choose
from pipeline.worker.rival import judge
from storage.files import FileStore


def spec(**more: Any) -> TrainSpec:
    """A train spec."""
    values = {"store": "s", "manifest": "m", "epochs": 1, "imgsz": 320, "weights_folder": "w"}
    return TrainSpec(**(values | more))


def data(images: list[dict[str, Any]]) -> Materialised:
    """A laid-out version of these images."""
    manifest = Manifest.model_validate({"classes": ["cat"], "images": images})
    return Materialised(Path("data.yaml"), manifest, {})


class Breaking:
    """A model whose training raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def train(self, **arguments: object) -> None:
        """Raise."""
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 bytes"),
        MemoryError(),
    ],
)
def test_too_little_memory_says_what_to_change(error: Exception) -> None:
    """However the library words it, the person hears of a smaller size and may retry."""
    with pytest.raises(
        OutOfMemory, match="320 pixels: choose a smaller size or a smaller model"
    ) as e:
        train._train(Breaking(error), spec(architecture="yolov8s"), data([]), Path())
    assert e.value.retryable
    assert e.value.__cause__ is error


def test_the_smallest_model_is_not_told_to_shrink() -> None:
    """There is nothing under yolov8n."""
    with pytest.raises(OutOfMemory, match=r"choose a smaller size\.$"):
        train._train(Breaking(MemoryError()), spec(), data([]), Path())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Training failed: NaN persisted for 4 epochs", "stopped being a number"),
        ("shape '[1, 2]' is invalid at /home/someone/x.py", "the log has the cause"),
    ],
)
def test_a_broken_training_is_told_without_its_traceback(text: str, words: str) -> None:
    """NaN has a sentence of its own; anything else keeps paths to itself."""
    with pytest.raises(WorkerError, match=words) as error:
        train._train(Breaking(RuntimeError(text)), spec(), data([]), Path())
    assert "/home" not in error.value.user_message


def test_unseen_pictures_come_from_different_groups() -> None:
    """Test before val, one picture a video while there are several, never a training picture."""
    rows = [
        (1, "train", "a"),
        (2, "val", "b"),
        (3, "test", "c"),
        (4, "test", "c"),
        (5, "test", ""),
        (6, "test", ""),
    ]
    images = [
        {"id": i, "key": f"{i}.jpg", "part": part, "group": group, "boxes": [[0, 0, 0, 1, 1]]}
        for i, part, group in rows
    ]
    images.append({"id": 7, "key": "7.jpg", "part": "test", "boxes": []})
    assert [image.id for image in choose(data(images))] == [3, 5, 6, 2, 4]
    assert [image.id for image in choose(data(images), limit=2)] == [3, 5]


def test_a_model_in_use_that_is_lost_fails_no_training(tmp_path: Path) -> None:
    """Its weights are gone, or nothing is kept aside: there is nothing to compare with."""
    ref = RivalRef(key="00/none.pt", imgsz=320, classes=["cat"])
    store = FileStore(tmp_path / "store")
    laid_out = data([])
    assert judge(ref, laid_out, store, tmp_path) is None
    laid_out.boxes["test"] = 3
    assert judge(ref, laid_out, store, tmp_path / "run") is None
    assert judge(None, laid_out, store, tmp_path) is None
