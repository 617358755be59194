"""What the demo's members bring along: labelled zips with faults, a video, drawings."""

import io
import zipfile
from pathlib import Path, PurePosixPath

import av
import numpy as np
import pytest
from PIL import Image

from bot.demo.eyes import SAME
from bot.demo.parcel import CHECKED, CLIP_SECONDS, Luggage, pack
from bot.demo.pen import circle
from bot.demo.scene import photo
from pipeline.labelling.ink import read_ink
from pipeline.tracking.overlap import iou


@pytest.fixture(scope="module")
def luggage(tmp_path_factory: pytest.TempPathFactory) -> Luggage:
    """A small parcel."""
    return pack(tmp_path_factory.mktemp("parcel"), photos=12)


def labels(path: Path) -> dict[str, list[tuple[float, float, float, float]]]:
    """The boxes of a YOLO zip by photo, as normalised xyxy."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("labels/"):
                rows = [
                    [float(value) for value in row.split()]
                    for row in archive.read(name).decode().splitlines()
                ]
                assert all(row[0] == 0 for row in rows)
                found[PurePosixPath(name).stem] = [
                    (x - w / 2, y - h / 2, x + w / 2, y + h / 2) for _, x, y, w, h in rows
                ]
    return found


def is_true(box, ducks) -> bool:
    """Whether a label stands on a duck."""
    return any(iou(box, duck) >= SAME for duck in ducks)


def test_trusted_labels_are_true(luggage):
    """Every label of the trusted zip is a duck, and every duck has its label."""
    found = labels(luggage.trusted)
    assert len(found) == 12
    for name, boxes in found.items():
        assert len(boxes) == len(luggage.ducks[name])
        assert all(is_true(box, luggage.ducks[name]) for box in boxes)


def test_checked_labels_hold_what_members_can_find(luggage):
    """Three labels stand on other toys, and one duck has none."""
    found = labels(luggage.checked)
    assert len(found) == CHECKED
    wrong = [
        name for name, boxes in found.items() for b in boxes if not is_true(b, luggage.ducks[name])
    ]
    assert len(wrong) == 3
    missing = [
        name
        for name, boxes in found.items()
        if sum(is_true(box, luggage.ducks[name]) for box in boxes) < len(luggage.ducks[name])
    ]
    assert len(missing) == 1


def test_a_parcel_is_the_same_every_time(luggage, tmp_path):
    """The same seed packs the same pictures and labels."""
    again = pack(tmp_path, photos=12)
    assert labels(again.checked) == labels(luggage.checked)
    assert again.unseen == luggage.unseen


def test_the_video_shows_what_its_truth_says(luggage):
    """It lasts as long as told, and a decoded frame is the picture of its moment."""
    with av.open(str(luggage.video)) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode()]
    assert frames[-1][0] == pytest.approx(CLIP_SECONDS, abs=0.2)
    moment, shown = frames[len(frames) // 2]
    drawn = luggage.clip.at(moment).pixels
    assert np.abs(shown.astype(int) - drawn).mean() < 6


@pytest.mark.parametrize("seed", range(6))
def test_circles_are_understood_as_the_boxes_they_go_around(seed):
    """The bot reads a drawn circle for each duck, each close to the duck's box."""
    view = photo(seed)
    original = view.jpeg()
    read = read_ink(original, circle(original, view.ducks, seed=seed))
    assert len(read.boxes) == len(view.ducks)
    for duck in view.ducks:
        assert max(iou(duck, box) for box in read.boxes) >= SAME


def test_a_drawing_keeps_the_photo_s_size():
    """What comes back is the photo with ink on it, neither cropped nor scaled."""
    view = photo(1)
    drawn = Image.open(io.BytesIO(circle(view.jpeg(), view.ducks, seed=1)))
    assert drawn.size == Image.open(io.BytesIO(view.jpeg())).size
