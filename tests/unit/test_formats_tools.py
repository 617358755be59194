"""Labels as CVAT, Label Studio and Create ML write them, and the dirt in them."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats import Labels, read_labels
from pipeline.jobs.part import BoxItem

SIZE = (200, 100)
CAT = BoxItem(label="cat", xyxy=(0.1, 0.1, 0.5, 0.5))
HALF = (0.1, 0.1, 0.5, 0.5)


def read(folder: Path, text: object, *pictures: str, name: str = "labels.json") -> Labels:
    """Read one label file; every picture is 200x100."""
    path = folder / "labels"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return read_labels({name: path}, pictures or ["a.jpg"], lambda _: SIZE)


def why(labels: Labels) -> list[str]:
    """The reasons for what was left out."""
    return [row.why for row in labels.report.rows]


def cvat(*shapes: str, size: tuple[int, int] = SIZE, name: str = "a.jpg") -> str:
    """A CVAT file with one picture."""
    return (
        "<?xml version='1.0'?><annotations><version>1.1</version><meta><job><labels>"
        "<label><name>dog</name></label><label><name>cat</name></label></labels></job></meta>"
        f"<image id='0' name='{name}' width='{size[0]}' height='{size[1]}'>"
        + "".join(shapes)
        + "</image></annotations>"
    )


def box(place: str = "xtl='20' ytl='10' xbr='100' ybr='50'", inner: str = "") -> str:
    """A CVAT box."""
    return f"<box label='cat' {place}>{inner}</box>"


@pytest.mark.parametrize(
    ("shape", "xyxy"),
    [
        (box(), HALF),
        ("<polygon label='cat' points='20.0,10;100,10.5;60,50'/>", HALF),
        ("<ellipse label='cat' cx='60' cy='30' rx='40' ry='20'/>", HALF),
        ("<mask label='cat' rle='1, 2' left='20' top='10' width='80' height='40'/>", HALF),
        (box("xtl='40' ytl='-10' xbr='80' ybr='70' rotation='90'"), HALF),
    ],
)
def test_cvat_shapes_are_read_as_their_bounds(
    tmp_path: Path, shape: str, xyxy: tuple[float, ...]
) -> None:
    """Boxes, polygons, ellipses and masks become boxes, turned ones as well."""
    labels = read(tmp_path, cvat(shape), name="annotations.xml")
    assert labels.form == "cvat"
    assert labels.classes == ["dog", "cat"]
    assert labels.boxes["a.jpg"][0].xyxy == pytest.approx(xyxy)


def test_cvat_carries_ids_in_an_attribute(tmp_path: Path) -> None:
    """An attribute of ours is the box's id; others say nothing."""
    inner = "<attribute name='kind'>9</attribute><attribute name='taptrain_id'>5</attribute>"
    labels = read(tmp_path, cvat(box(inner=inner)), name="a.xml")
    assert labels.boxes == {"a.jpg": [CAT.model_copy(update={"id": 5})]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (cvat(box("xtl='x' ytl='1' xbr='3' ybr='3'"), box()), "a coordinate is not a number"),
        (
            cvat(box("xtl='5' ytl='1' xbr='3' ybr='3'"), box()),
            "the corners are the wrong way round",
        ),
        (cvat("<polygon label='cat' points='1,2;3'/>", box()), "a coordinate is not a number"),
        (cvat("<box xtl='1' ytl='1' xbr='3' ybr='3'/>", box()), "a box without a class name"),
        (cvat("<polyline label='cat' points='1,2;3,4'/>", box()), "a.jpg: a polyline, not a box"),
        (cvat(box()).replace("</annotations>", "<track label='cat'/></annotations>"), "a track"),
    ],
)
def test_bad_cvat_rows_are_left_out_alone(tmp_path: Path, text: str, reason: str) -> None:
    """One bad shape costs itself only, and is told with its reason."""
    labels = read(tmp_path, text, name="a.xml")
    assert labels.boxes == {"a.jpg": [CAT]}
    assert [row.startswith(reason) for row in why(labels)] == [True]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (cvat(box(), size=(100, 200)), "labelled at 100x200, but the picture is 200x100"),
        (cvat(box(), name="b.jpg"), "its picture is missing"),
    ],
)
def test_a_cvat_picture_that_does_not_fit_is_told(tmp_path: Path, text: str, reason: str) -> None:
    """Labels of another shape of picture, or of none that is here, are left out and told."""
    labels = read(tmp_path, text, name="a.xml")
    assert labels.boxes == {}
    assert reason in why(labels)[0]


def region(**changes: Any) -> dict[str, Any]:
    """A rectangle of Label Studio's."""
    value = {"x": 10, "y": 10, "width": 40, "height": 40, "rotation": 0, "rectanglelabels": ["cat"]}
    return {
        "id": "x7Yz",
        "type": "rectanglelabels",
        "original_width": 200,
        "original_height": 100,
        "value": value | changes.pop("value", {}),
        **changes,
    }


def task(
    *results: list[Any], image: str = "/data/upload/1/0a1b2c3d-a.jpg", **more: Any
) -> list[dict[str, Any]]:
    """A Label Studio export with one task and an annotation for each of `results`."""
    given = [{"result": result, "was_cancelled": False} for result in results]
    return [{"id": 1, "data": {"image": image}, "annotations": given, "predictions": [], **more}]


@pytest.mark.parametrize(
    "image",
    [
        "/data/upload/1/0a1b2c3d-a.jpg",
        "/data/local-files/?d=set/images/a.jpg",
        "s3://bucket/some/a.jpg",
        "https://example.org/a.jpg?token=1",
        "images/a.jpg",
    ],
)
def test_label_studio_addresses_lead_to_pictures(tmp_path: Path, image: str) -> None:
    """However Label Studio was given a picture, the archive's one of that name is meant."""
    labels = read(tmp_path, task([region()], image=image))
    assert (labels.form, labels.boxes) == ("labelstudio", {"a.jpg": [CAT]})


def test_label_studio_spaces_in_names(tmp_path: Path) -> None:
    """A name that is quoted in an address is found."""
    labels = read(tmp_path, task([region()], image="/data/local-files/?d=x/a%20b.jpg"), "a b.jpg")
    assert labels.boxes == {"a b.jpg": [CAT]}


def test_label_studio_json_min(tmp_path: Path) -> None:
    """The short export holds the regions under a name of the project's own choice."""
    flat = {key: value for key, value in region()["value"].items()}
    entries = [
        {"image": "/data/upload/1/0a1b2c3d-a.jpg", "id": 1, "annotation_id": 4}
        | {"boxes": [{**flat, "original_width": 200, "original_height": 100}]},
        {"image": "b.jpg", "id": 2, "annotation_id": 5},
    ]
    labels = read(tmp_path, entries, "a.jpg", "b.jpg")
    assert labels.boxes == {"a.jpg": [CAT], "b.jpg": []}


def test_label_studio_takes_the_answer_that_counts(tmp_path: Path) -> None:
    """Of several answers the newest is taken, a ground truth before it, a skipped one never."""
    dog = region(value={"rectanglelabels": ["dog"]})
    (entry,) = task([dog], [region()], [dog])
    entry["annotations"][0]["updated_at"] = "2024-02-01"
    entry["annotations"][1]["updated_at"] = "2024-03-01"
    entry["annotations"][2]["was_cancelled"] = True
    assert read(tmp_path, [entry]).boxes == {"a.jpg": [CAT]}
    entry["annotations"][0]["ground_truth"] = True
    assert read(tmp_path, [entry]).boxes["a.jpg"][0].label == "dog"


def test_an_unanswered_task_labels_nothing(tmp_path: Path) -> None:
    """A task with predictions or skips only says nothing; an empty answer says: nothing here."""
    predicted = task(predictions=[{"result": [region()]}])
    assert read(tmp_path, predicted).boxes == {}
    assert read(tmp_path, task([])).boxes == {"a.jpg": []}


@pytest.mark.parametrize(
    ("value", "xyxy"),
    [
        ({"rotation": 90, "x": 50, "y": 10, "width": 20, "height": 80}, HALF),
        ({"points": [[10, 10], [50, 30], [20, 50]]}, HALF),
        ({"radiusX": 20, "radiusY": 20, "x": 30, "y": 30}, HALF),
    ],
)
def test_label_studio_shapes_are_read_as_their_bounds(
    tmp_path: Path, value: dict[str, Any], xyxy: tuple[float, ...]
) -> None:
    """Turned rectangles, polygons and ellipses become the boxes around them."""
    labels = read(tmp_path, task([region(value=value)]))
    assert labels.boxes["a.jpg"][0].xyxy == pytest.approx(xyxy)


def test_a_rectangle_and_its_class_can_be_two_rows(tmp_path: Path) -> None:
    """Rows of one id are one region; one that nobody named is told."""
    bare = region(type="rectangle")
    del bare["value"]["rectanglelabels"]
    labels = read(tmp_path, task([bare, region(type="labels"), bare | {"id": "other"}]))
    assert labels.boxes == {"a.jpg": [CAT]}
    assert why(labels) == ["a box without a class name"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (region(value={"x": "wide"}), "a coordinate is not a number"),
        (region(value={"rotation": "slightly"}), "a coordinate is not a number"),
        (region(image_rotation=90), "labelled on a turned picture"),
        (region(original_width=100, original_height=200), "labelled at 100x200"),
        ({"id": "k", "value": {"brushlabels": ["cat"], "rle": [1]}}, "a region that is no box"),
    ],
)
def test_bad_label_studio_rows_are_left_out_alone(
    tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    """One bad region costs itself only; a choice beside it is none of our business."""
    choice = {"id": "c", "type": "choices", "value": {"choices": ["day"]}}
    labels = read(tmp_path, task([bad, choice, region()]))
    assert labels.boxes == {"a.jpg": [CAT]}
    assert [row.startswith(reason) for row in why(labels)] == [True]


def create_ml(*rows: object, image: object = "a.jpg") -> list[dict[str, object]]:
    """A Create ML file with one picture."""
    return [{"image": image, "annotations": list(rows)}]


def row(**place: object) -> dict[str, object]:
    """A Create ML box."""
    coordinates = {"x": 60, "y": 30, "width": 80, "height": 40}
    return {"label": "cat", "coordinates": coordinates | place}


def test_create_ml_counts_from_the_centre(tmp_path: Path) -> None:
    """Both spellings of the keys are read; a picture without rows is empty."""
    apple = {"imagefilename": "b.jpg", "annotation": [row()]}
    labels = read(tmp_path, [*create_ml(row()), apple, *create_ml(image="c.jpg")], *"abc")
    assert labels.boxes == {"a": [CAT], "b": [CAT], "c": []}
    assert (labels.form, labels.classes) == ("createml", ["cat"])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(x=None), "a coordinate is not a number"),
        (row(width=-3), "the box has a negative size"),
        ({"coordinates": {}}, "a box without a class name"),
        ({"label": "cat"}, "an annotation without a box"),
        (7, "an annotation that is none"),
    ],
)
def test_bad_create_ml_rows_are_left_out_alone(tmp_path: Path, bad: object, reason: str) -> None:
    """One bad row costs itself only; so does a picture that is missing."""
    labels = read(tmp_path, [*create_ml(bad, row()), *create_ml(image="gone.jpg")])
    assert labels.boxes == {"a.jpg": [CAT]}
    assert why(labels) == [reason, "gone.jpg: its picture is missing"]


def test_other_json_is_no_label_file(tmp_path: Path) -> None:
    """Settings and lists that lie beside pictures are passed by."""
    for data in ({"a": 1}, [1, 2], [], [{"image": "a.jpg"}], "text", None, {"images": []}):
        assert read(tmp_path, json.dumps(data)).boxes == {}


leaves = st.none() | st.booleans() | st.floats() | st.integers(-9, 200) | st.text(max_size=8)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
places = st.fixed_dictionaries({}, optional=dict.fromkeys(("x", "y", "width", "height"), leaves))
values = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("x", "y", "width", "height", "rotation", "radiusX"), leaves)
    | {"rectanglelabels": anything, "points": anything},
)
regions = st.fixed_dictionaries({"value": values | anything}, optional={"id": leaves})
tasks = st.fixed_dictionaries(
    {"data": st.just({"image": "a.jpg"}) | anything},
    optional={
        "annotations": st.lists(st.fixed_dictionaries({"result": st.lists(regions) | anything}))
    },
)
rows = st.fixed_dictionaries({}, optional={"label": leaves, "coordinates": places | anything})
entries = st.fixed_dictionaries(
    {"image": st.just("a.jpg")}, optional={"annotations": st.lists(rows)}
)


@settings(deadline=None, max_examples=60)
@given(st.lists(tasks | entries | anything, max_size=4))
def test_whatever_stands_in_a_json_list_is_survived(data: list[object]) -> None:
    """No content of a JSON list breaks a reader, and what comes out lies within its picture."""
    with tempfile.TemporaryDirectory() as folder:
        labels = read(Path(folder), data)
    for found in (one for boxes in labels.boxes.values() for one in boxes):
        x1, y1, x2, y2 = found.xyxy
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert found.label
