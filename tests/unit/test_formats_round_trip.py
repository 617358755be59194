"""What is written for other tools is read back the same, by our readers and by labelImg's."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from libs.create_ml_io import CreateMLReader
from libs.pascal_voc_io import PascalVocReader
from libs.yolo_io import YoloReader

from pipeline.formats.writers import WRITERS
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage, Form
from tests.support.exports import CLASSES, bundle, picture, read, write

FORMS: list[Form] = list(WRITERS)
WITHOUT_IDS = ("yolo",)

sides = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda s: s[1] - s[0] > 2e-3)


@st.composite
def boxes(draw: st.DrawFn, number: int) -> BoxItem:
    """A box of at least 2 thousandths of its picture."""
    (x1, x2), (y1, y2) = draw(sides), draw(sides)
    label = draw(st.sampled_from(CLASSES))
    return BoxItem(label=label, xyxy=(x1, y1, x2, y2), id=number)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """Some pictures in some parts, with and without boxes."""
    images: list[BundleImage] = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        amount = draw(st.integers(0, 4))
        images.append(
            picture(
                number,
                *(draw(boxes(10 * number + place)) for place in range(amount)),
                width=draw(st.integers(16, 4096)),
                height=draw(st.integers(16, 4096)),
                part=draw(st.sampled_from(["train", "val", "test", "gap"])),
                name=draw(
                    st.sampled_from(["a.jpg", "x/ü b.png", "clip.mp4 12.50s", "…", "a.rf.9"])
                ),
            )
        )
    return bundle(*images)


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=12)
@given(made=bundles())
def test_every_form_comes_back_as_it_went(form: Form, made: Bundle) -> None:
    """Pictures, classes in order, ids and places, to the last digit, are the same both ways.

    Without our own file beside the labels they are to a millionth.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = write(made, form, Path(folder))
        labels, found = read(made, form, files)
        assert labels.form == form
        assert labels.classes == made.classes
        assert labels.report.count == 0, labels.report.rows
        assert found.keys() == {image.id for image in made.images}
        for image in made.images:
            for before, after in zip(image.boxes, found[image.id], strict=True):
                assert after.label == before.label
                assert after.id == (None if form in WITHOUT_IDS else before.id)
                assert after.xyxy == before.xyxy
        del files["taptrain.json"]
        _, found = read(made, form, files)
        for image in made.images:
            for before, after in zip(image.boxes, found[image.id], strict=True):
                sizes = (before.xyxy[2] - before.xyxy[0], before.xyxy[3] - before.xyxy[1]) * 2
                for one, other, size in zip(before.xyxy, after.xyxy, sizes, strict=True):
                    assert abs(one - other) <= 1e-6 * size


@settings(deadline=None, max_examples=12)
@given(made=bundles())
def test_classes_keep_their_order_without_our_file(made: Bundle) -> None:
    """YOLO, COCO and CVAT say all classes in order in a place of their own."""
    for form in ("yolo", "coco", "cvat"):
        with tempfile.TemporaryDirectory() as folder:
            files = write(made, form, Path(folder))
            del files["taptrain.json"]
            assert read(made, form, files)[0].classes == made.classes


def corners(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """The xyxy of labelImg's four points."""
    return (*points[0], *points[2])


def in_pixels(box: BoxItem, image: BundleImage) -> tuple[float, ...]:
    """A box's xyxy in pixels."""
    return tuple(
        value * side for value, side in zip(box.xyxy, (image.width, image.height) * 2, strict=True)
    )


class Painted:
    """As much of Qt's image as labelImg's YOLO reader looks at."""

    def __init__(self, image: BundleImage) -> None:
        self._image = image

    def width(self) -> int:
        """Pixels."""
        return self._image.width

    def height(self) -> int:
        """Pixels."""
        return self._image.height

    def isGrayscale(self) -> bool:
        """It has colours."""
        return False


def opened(form: Form, image: BundleImage, folder: Path) -> Any:
    """The reader of labelImg on the picture's labels."""
    path = folder / WRITERS[form].picture(image)
    if form == "voc":
        return PascalVocReader(str(folder / "Annotations" / f"{path.stem}.xml"))
    if form == "yolo":
        return YoloReader(str(folder / "labels" / image.part / f"{path.stem}.txt"), Painted(image))
    return CreateMLReader(str(path.parent / "annotations.json"), str(path))


# labelImg opens files without an encoding and leaves them to the garbage collector.
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("form", ["voc", "yolo", "createml"])
@settings(deadline=None, max_examples=12)
@given(made=bundles())
def test_labelimg_opens_ours(form: Form, made: Bundle) -> None:
    """The readers of labelImg find each box and its class, as exactly as whole pixels allow."""
    with tempfile.TemporaryDirectory() as folder:
        write(made, form, Path(folder))
        for image in made.images:
            shapes = opened(form, image, Path(folder)).get_shapes()
            assert [shape[0] for shape in shapes] == [box.label for box in image.boxes]
            for shape, box in zip(shapes, image.boxes, strict=True):
                # A box thinner than a pixel is made one wide in VOC, and none in labelImg's YOLO.
                near = 1.0 if form == "voc" else 0.5 if form == "yolo" else 1e-5
                found, wanted = corners(shape[1]), in_pixels(box, image)
                for one, other in zip(found, wanted, strict=True):
                    assert abs(one - other) <= near + 1e-5


def test_whole_pixels_are_within_half_a_pixel(tmp_path: Path) -> None:
    """VOC's integers are the nearest ones, and a moved box is read where it was moved to."""
    made = bundle(picture(1, BoxItem(label="cat", xyxy=(0.1234, 0.2, 0.5, 0.7), id=7)))
    files = write(made, "voc", tmp_path)
    (path,) = tmp_path.glob("Annotations/*.xml")
    assert "<xmin>79</xmin>" in path.read_text()
    assert read(made, "voc", files)[1][1][0].xyxy[0] == 0.1234
    path.write_text(path.read_text().replace("<xmin>79</xmin>", "<xmin>83</xmin>"))
    assert read(made, "voc", files)[1][1] == [
        BoxItem(label="cat", xyxy=(83 / 640, 0.2, 0.5, 0.7), id=7)
    ]


def test_a_task_without_an_answer_says_nothing(tmp_path: Path) -> None:
    """Label Studio gets guesses as predictions: sent back untouched they label no picture."""
    guess = BoxItem(label="cat", xyxy=(0.1, 0.1, 0.2, 0.2), id=3, score=0.4)
    made = bundle(picture(1, guess), tasks=True)
    files = write(made, "labelstudio", tmp_path)
    assert read(made, "labelstudio", files)[0].boxes == {}
    (task,) = json.loads(files["tasks.json"].read_text())
    assert task["predictions"][0]["result"][0]["score"] == 0.4
    task["annotations"] = [{"result": task["predictions"][0]["result"], "was_cancelled": False}]
    files["tasks.json"].write_text(json.dumps([task]))
    assert [box.id for box in read(made, "labelstudio", files)[1][1]] == [3]


def test_data_yaml_names_every_part_that_ultralytics_needs(tmp_path: Path) -> None:
    """Train and val are there even where all is in one part; a gap teaches nothing."""
    made = bundle(picture(1), picture(2, part="gap"))
    data = yaml.safe_load(write(made, "yolo", tmp_path)["data.yaml"].read_text())
    assert data["names"] == dict(enumerate(CLASSES))
    assert (data["train"], data["val"]) == ("images/train", "images/train")
    assert "path" not in data
    assert "gap" not in str(data)


def test_names_in_archives_fit_any_file_system() -> None:
    """Whatever a picture was called, its name begins with its id and holds nothing odd."""
    names = ["a/b.JPG", "c:\\x y.png", "", "...", "😀.webp", "Мурка 1.jpg", "x" * 300]
    files = [picture(12, name=name or " ").file for name in names]
    assert files[0] == "000012-b.jpg"
    assert files[1] == "000012-x_y.jpg"
    assert files[4] == "000012-picture.jpg"
    assert files[5] == "000012-Мурка_1.jpg"
    assert all(len(file) <= 80 and "/" not in file and " " not in file for file in files)
