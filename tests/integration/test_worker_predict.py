"""Guesses for many pictures, boxes on one, and the time a step takes here."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.trained import IMGSZ, Trained, trained_once, work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The training and package that all tests share."""
    return trained_once(tmp_path_factory)


def propose(trained: Trained, folder: Path, **more: object) -> Any:
    """Propose for every picture of the shared dataset."""
    pictures = [{"image_id": i["id"], "key": i["key"]} for i in trained.manifest["images"]]
    spec = {
        "kind": "propose",
        "store": trained.store.root,
        "weights": {"key": trained.weights, "classes": trained.manifest["classes"]},
        "weights_folder": str(folder / "weights"),
        "offline": True,
        "imgsz": IMGSZ,
        "classes": ["Apples"],
        "pictures": pictures,
        "confidence": 1e-4,
    }
    return work(folder / "attempt", **(spec | more))


def test_guesses_bear_the_askers_names(trained: Trained, tmp_path: Path) -> None:
    """Boxes of the asked classes only, in the project's own word, inside the picture."""
    attempt = propose(trained, tmp_path)
    images = attempt.result["images"]
    assert [image["image_id"] for image in images] == list(range(1, 20))
    boxes = [box for image in images for box in image["boxes"]]
    assert boxes
    for box in boxes:
        x1, y1, x2, y2 = box["xyxy"]
        assert box["label"] == "Apples"
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert box["score"] >= 1e-4
    told = [e for e in attempt.events if e["type"] == "progress" and e["stage"] == "predict"]
    assert told[-1]["done"] == told[-1]["total"] == 19


def test_every_picture_is_ranked(trained: Trained, tmp_path: Path) -> None:
    """A look says how soon to ask about each picture; what looks like the known comes later."""
    known = [{"image_id": i["id"], "key": i["key"]} for i in trained.manifest["images"][:2]]
    result = propose(trained, tmp_path, known=known, have={"Apples": 3}).result
    ranks = [image["rank"] for image in result["images"]]
    assert all(0 < rank <= 1 for rank in ranks)
    assert max(ranks[:2]) < min(ranks[2:])


def test_guesses_of_one_object_in_a_clip_share_a_track(trained: Trained, tmp_path: Path) -> None:
    """The same frame twice shows the same objects; photos beside it continue nothing."""
    key = trained.manifest["images"][0]["key"]
    clips = [None, "film", "film", None]
    pictures = [{"image_id": n, "key": key, "clip": clip} for n, clip in enumerate(clips, 1)]
    images = propose(trained, tmp_path, pictures=pictures).result["images"]
    tracks = [[box["track"] for box in image["boxes"]] for image in images]
    assert tracks[1]
    assert tracks[1] == tracks[2]
    assert None not in tracks[1]
    assert set(tracks[0] + tracks[3]) == {None}


def test_unknown_classes_get_empty_guesses(trained: Trained, tmp_path: Path) -> None:
    """A class the model never learned is no error."""
    images = propose(trained, tmp_path, classes=["Murka"]).result["images"]
    assert len(images) == 19
    assert not any(image["boxes"] for image in images)


def test_missing_coco_weights_are_said(trained: Trained, tmp_path: Path) -> None:
    """Where COCO's weights cannot be had the result says so, for the bot to ask for drawings."""
    result = propose(trained, tmp_path, weights={}).result
    assert result["weights_missing"]
    assert result["images"] == []


def predict(trained: Trained, folder: Path, picture: Path, **more: object) -> Any:
    """Predict on one picture."""
    spec = {
        "kind": "predict",
        "store": trained.store.root,
        "weights": {"key": trained.weights, "classes": ["яблоко", "quả chanh"]},
        "imgsz": IMGSZ,
        "picture": str(picture),
        "confidence": 1e-4,
    }
    return work(folder / "attempt", **(spec | more))


def test_a_turned_photo_comes_back_upright_with_boxes(trained: Trained, tmp_path: Path) -> None:
    """A phone's sideways photo is drawn the way people see it, at most 1280 pixels long."""
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(trained.store.path(trained.manifest["images"][0]["key"])) as scene:
        big = scene.resize((1600, 1200))
    big.save(tmp_path / "photo.jpg", exif=exif)
    attempt = predict(trained, tmp_path, tmp_path / "photo.jpg")
    result = attempt.result
    assert {box["label"] for box in result["boxes"]} <= {"яблоко", "quả chanh"}
    assert result["boxes"]
    with Image.open(attempt.out / result["picture"]) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (960, 1280))


def test_nothing_found_leaves_the_picture_plain(trained: Trained, tmp_path: Path) -> None:
    """No box at the asked confidence is an answer, not an error."""
    picture = trained.store.path(trained.manifest["images"][0]["key"])
    result = predict(trained, tmp_path, picture, confidence=0.99).result
    assert result["boxes"] == []
    assert result["confidence"] == 0.99


def test_what_is_no_picture_is_told(trained: Trained, tmp_path: Path) -> None:
    """A text that calls itself a photo ends in one sentence for the sender."""
    (tmp_path / "photo.jpg").write_text("hello")
    failure = predict(trained, tmp_path, tmp_path / "photo.jpg").failure
    assert (failure["code"], failure["expected"]) == ("SourceError", True)
    assert "JPEG or PNG" in failure["message"]


def test_without_a_model_the_next_step_is_told(trained: Trained, tmp_path: Path) -> None:
    """Before the first training a prediction says what to do."""
    picture = trained.store.path(trained.manifest["images"][0]["key"])
    failure = predict(trained, tmp_path, picture, weights={}).failure
    assert failure["code"] == "UserError"
    assert "train one first" in failure["message"]


def test_a_step_is_timed(tmp_path: Path) -> None:
    """The estimate comes from real steps on this machine's device."""
    result = work(tmp_path / "attempt", kind="measure", imgsz=64, batch=2).result
    assert result["seconds_per_image"] > 0
    assert result["startup_seconds"] > 0
    assert result["imgsz"] == 64
