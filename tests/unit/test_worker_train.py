"""How a training that breaks is told, and which pictures its result shows."""

import errno
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import OutOfMemory, WorkerError
from pipeline.jobs.spec import RivalRef, TrainSpec
from pipeline.worker import training
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


def broken(error: Exception, run: Path, **more: Any) -> None:
    """What comes out when the library raises `error`."""
    with training.told(spec(**more), run):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 bytes"),
        MemoryError(),
    ],
)
def test_too_little_memory_says_what_to_change(error: Exception, tmp_path: Path) -> None:
    """However the library words it, the person hears of a smaller size and may retry."""
    with pytest.raises(
        OutOfMemory, match="320 pixels: choose a smaller size or a smaller model"
    ) as e:
        broken(error, tmp_path, architecture="yolov8s")
    assert e.value.retryable
    assert e.value.__cause__ is error


def test_the_smallest_model_is_not_told_to_shrink(tmp_path: Path) -> None:
    """There is nothing under yolov8n."""
    with pytest.raises(OutOfMemory, match=r"choose a smaller size\.$"):
        broken(MemoryError(), tmp_path)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("Training failed: NaN persisted for 4 epochs"), "stopped being a number"),
        (RuntimeError("Loss NaN/Inf detected but no valid last.pt"), "stopped being a number"),
        (RuntimeError("shape '[1, 2]' is invalid at /home/x.py"), "the log has the cause"),
        (OSError(errno.ENOSPC, "No space left on device", "/home/x"), "Free some space"),
        (RuntimeError("PytorchStreamWriter failed writing file data/0: /home"), "Free some space"),
    ],
)
def test_a_broken_training_is_told_without_its_traceback(
    error: Exception, words: str, tmp_path: Path
) -> None:
    """NaN and a full disk have sentences of their own; anything else keeps paths to itself."""
    with pytest.raises(WorkerError, match=words) as told:
        broken(error, tmp_path)
    assert "/home" not in told.value.user_message
    assert not told.value.retryable


def test_several_gpus_tell_their_cause_in_the_log(tmp_path: Path) -> None:
    """Where the library's own processes died, what they said last is the cause."""
    (tmp_path / "log.txt").write_text("torch.OutOfMemoryError: CUDA out of memory\nRoot cause: 1\n")
    with pytest.raises(OutOfMemory):
        broken(subprocess.CalledProcessError(1, "torchrun"), tmp_path / "run" / "train")


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
