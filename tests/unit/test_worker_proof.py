"""What proves a package: which pictures, which browser, and when figures are the same."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import chromium
from pipeline.worker.data import Manifest, ManifestImage
from pipeline.worker.matching import Box
from pipeline.worker.proof import Judged, Side, proof
from pipeline.worker.proof_pictures import Chosen, Labelled, choose, prepare
from pipeline.worker.proof_score import Score
from storage.files import FileStore
from tests.support.scenes import store_dataset

ROW = (0, 0.1, 0.1, 0.5, 0.5)


def manifest(**boxes: int) -> Manifest:
    """A data set with one picture a part, which has so many boxes."""
    images = [
        ManifestImage(id=number, key=f"aa/{part}.jpg", part=part, boxes=[ROW] * count)  # type: ignore[arg-type]  # the parts' names
        for number, (part, count) in enumerate(boxes.items())
    ]
    return Manifest(classes=["cat"], images=images)


@pytest.mark.parametrize(
    ("boxes", "part"),
    [
        ({"train": 200, "val": 40, "test": 30}, "test"),
        ({"train": 200, "val": 40, "test": 29}, "val"),
        ({"train": 200, "val": 10, "test": 12}, "test"),
        ({"train": 200, "val": 12, "test": 0}, "val"),
        ({"train": 200}, "train"),
    ],
)
def test_unseen_pictures_prove_best(boxes: dict[str, int], part: str) -> None:
    """Test with enough boxes, else the richer of test and val; learned ones only where no other."""
    assert choose(manifest(**boxes))[0] == part


def test_every_side_gets_the_same_pixels(tmp_path: Path) -> None:
    """Pictures are written without loss, and their boxes are in pixels of what is written."""
    store, _, content = store_dataset(tmp_path / "store", train=3, val=2, test=4)
    chosen = prepare(Manifest.model_validate(content), store, tmp_path / "proof")
    assert chosen.part == "test"
    assert len(chosen.pictures) == 4
    first = next(i for i in content["images"] if i["key"] == _key(content, store, chosen))
    with Image.open(store.path(first["key"])) as stored:
        assert np.array_equal(np.asarray(stored.convert("RGB")), chosen.pictures[0].read())
    index, x1, y1, x2, y2 = first["boxes"][0]
    wanted = Box(index, 1.0, (x1 * 240, y1 * 180, x2 * 240, y2 * 180))
    assert wanted in chosen.pictures[0].boxes


def _key(content: dict, store: FileStore, chosen: Chosen) -> str:
    """The key of the picture that was written first."""
    written = np.asarray(chosen.pictures[0].read())
    for image in content["images"]:
        with Image.open(store.path(image["key"])) as stored:
            if np.array_equal(np.asarray(stored.convert("RGB")), written):
                return image["key"]
    raise AssertionError("none of the stored pictures")


def test_there_is_an_end_to_pictures(tmp_path: Path) -> None:
    """Pictures and boxes are limited, and what cannot be read is left out."""
    store, _, content = store_dataset(tmp_path / "store", train=1, val=0, test=9)
    whole = Manifest.model_validate(content)
    assert len(prepare(whole, store, tmp_path / "a", most_pictures=2).pictures) == 2
    few = prepare(whole, store, tmp_path / "b", most_boxes=3).pictures
    assert sum(len(picture.boxes) for picture in few[:-1]) < 3
    broken = store.put_bytes(b"no picture", suffix=".jpg")
    images = [i.model_copy(update={"key": broken}) for i in whole.part("test")]
    assert (
        prepare(Manifest(classes=["a", "b"], images=images), store, tmp_path / "c").pictures == []
    )


def judged(*, boxes: int, rare: int, found: list[list[Box]]) -> Judged:
    """One picture with so many boxes of class 0 and of class 1."""
    labels = [Box(0, 1.0, (0, 0, 9, 9))] * boxes + [Box(1, 1.0, (0, 0, 9, 9))] * rare
    picture = Labelled(Path("0.png"), labels)
    return Judged(Chosen("test", [picture]), [], found, 320, "raw")


@pytest.mark.parametrize(
    ("ours", "theirs", "precision", "boxes", "rare", "passed"),
    [
        ((0.726, 0.43), (0.725, 0.43), "fp16", 300, 200, True),
        ((0.726, 0.43), (0.732, 0.43), "fp16", 300, 200, False),
        ((0.726, 0.43), (0.719, 0.43), "fp16", 300, 200, False),
        ((0.726, 0.43), (0.726, 0.436), "fp32", 300, 200, False),
        # One rare class among many boxes is no reason to look away.
        ((0.726, 0.43), (0.742, 0.43), "fp16", 300, 1, False),
        ((0.726, 0.43), (0.742, 0.43), "fp16", 40, 20, True),
        ((0.726, 0.43), (0.744, 0.43), "fp16", 40, 20, False),
        ((0.726, 0.43), (0.735, 0.43), "uint8", 300, 200, True),
        ((0.726, 0.43), (0.737, 0.43), "uint8", 300, 200, False),
        ((0.76, 0.45), (0.726, 0.43), "uint8", 300, 200, True),
    ],
)
def test_half_a_point_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
    ours: tuple[float, float],
    theirs: tuple[float, float],
    precision: str,
    boxes: int,
    rare: int,
    passed: bool,
) -> None:
    """Half a point either way, or what one of few boxes counts; 8 bits may lose a point."""
    scores = iter([Score(*ours, by_boxes=ours), Score(*theirs, by_boxes=theirs)])
    monkeypatch.setattr("pipeline.worker.proof.score", lambda *_: next(scores))
    side = Side("browser", "wasm", {0: []}, compared=9)
    made = proof(judged(boxes=boxes, rare=rare, found=[[]]), side, precision)  # type: ignore[arg-type]  # of the list
    assert made is not None
    assert made.passed is passed
    assert (made.map50, made.trained_map50_95) == (ours[0], theirs[1])
    assert (made.where, made.runtime, made.pictures, made.compared) == ("browser", "wasm", 1, 9)
    assert made.boxes == boxes + rare


def test_without_pictures_there_is_no_figure() -> None:
    """A side that saw nothing proves nothing."""
    assert proof(judged(boxes=1, rare=1, found=[[]]), Side("browser", "wasm", {}), "fp16") is None


def program(path: Path) -> Path:
    """Something that can be started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_browser_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is named, else the system's, else the newest that Playwright fetched."""
    monkeypatch.setattr(chromium, "_MAC", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "fetched"))
    assert chromium.find() is None
    newest = program(tmp_path / "fetched/chromium-1200/chrome-linux64/chrome")
    program(tmp_path / "fetched/chromium-1100/chrome-linux/chrome")
    assert chromium.find() == str(newest)
    system = program(tmp_path / "bin/google-chrome")
    assert chromium.find("") == str(system)
    own = program(tmp_path / "own")
    assert chromium.find(str(own)) == str(own)
    assert chromium.find(str(tmp_path / "nowhere")) is None
    assert chromium.find("none") is None
