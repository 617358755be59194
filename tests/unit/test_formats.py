"""Labels in every form people have them in, and the dirt in them."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.formats import Labels, match, read_labels
from pipeline.formats.classes import no_class_in_common
from pipeline.jobs.spec import BoxItem

SIZE = (200, 100)


def read(tmp_path: Path, labels: dict[str, str], pictures: list[str]) -> Labels:
    """Read label files by name; every picture is 200x100."""
    files = {}
    for number, (name, text) in enumerate(labels.items()):
        files[name] = tmp_path / f"{number}"
        files[name].write_text(text)
    return read_labels(files, pictures, lambda _: SIZE)


def voc(*objects: str, size: tuple[int, int] = SIZE, filename: str = "x.jpg") -> str:
    """A VOC file."""
    return (
        f"<annotation><filename>{filename}</filename><path>C:\\old\\{filename}</path>"
        f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
        + "".join(objects)
        + "</annotation>"
    )


def thing(name: str, *corners: object) -> str:
    """A VOC object."""
    tags = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    inner = "".join(f"<{tag}>{value}</{tag}>" for tag, value in tags)
    return f"<object><name>{name}</name><bndbox>{inner}</bndbox></object>"


def coco(annotations: list[object], **images: object) -> str:
    """A COCO file with an unused category 0, as Roboflow writes it."""
    return json.dumps(
        {
            "images": [
                {"id": 7, "file_name": "a.jpg", "width": 200, "height": 100},
                {"id": "8", "file_name": "b.jpg", "width": 200, "height": 100},
            ],
            "categories": [{"id": 0, "name": "things"}, {"id": 1, "name": "cat"}],
            "annotations": annotations,
            **images,
        }
    )


def test_voc_boxes_are_taken_as_they_stand(tmp_path: Path) -> None:
    """Corners are divided by sizes; stale paths are no matter; no objects is an empty picture."""
    labels = read(
        tmp_path,
        {
            "Annotations/a.xml": voc(thing("cat", 20, 10, 100, 50), filename="wrong.jpg"),
            "Annotations/b.xml": voc(),
        },
        ["JPEGImages/a.jpg", "JPEGImages/b.JPG", "JPEGImages/c.jpg"],
    )
    assert labels.form == "voc"
    assert labels.boxes == {
        "JPEGImages/a.jpg": [BoxItem(label="cat", xyxy=(0.1, 0.1, 0.5, 0.5))],
        "JPEGImages/b.JPG": [],
    }
    assert labels.report.count == 0


@pytest.mark.parametrize(
    ("box", "why"),
    [
        (thing("cat", 5, 5, 5, 5), "the box has no size"),
        (thing("cat", 50, 5, 20, 30), "the corners are the wrong way round"),
        (thing("cat", "nan", 5, 20, 30), "a coordinate is not a number"),
        (thing("cat", "", 5, 20, 30), "a coordinate is not a number"),
        (thing("cat", 300, 5, 400, 30), "the box lies outside the picture"),
        (thing(" ", 3, 5, 40, 30), "a box without a class name"),
        ("<object><name>cat</name></object>", "an object without a box"),
    ],
)
def test_bad_voc_rows_are_left_out_alone(tmp_path: Path, box: str, why: str) -> None:
    """One bad object costs itself only, and is told with its reason."""
    labels = read(tmp_path, {"a.xml": voc(box, thing("cat", 0, 0, 20, 10))}, ["a.jpg"])
    assert len(labels.boxes["a.jpg"]) == 1
    assert [(row.file, row.why) for row in labels.report.rows] == [("a.xml", why)]


def test_boxes_are_clipped_to_their_picture(tmp_path: Path) -> None:
    """What reaches beyond the edge ends there."""
    labels = read(tmp_path, {"a.xml": voc(thing("cat", -20, 50, 300, 90))}, ["a.jpg"])
    assert labels.boxes["a.jpg"][0].xyxy == (0.0, 0.5, 1.0, 0.9)


@pytest.mark.parametrize(
    "text",
    [
        "<annotation>",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>',
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><annotation>&z;</annotation>',
    ],
)
def test_hostile_xml_is_one_bad_row(tmp_path: Path, text: str) -> None:
    """Broken XML and XML with entities are reported, not read."""
    labels = read(tmp_path, {"a.xml": text, "b.xml": voc()}, ["a.jpg", "b.jpg"])
    assert [row.why for row in labels.report.rows] == ["not readable as XML"]
    assert list(labels.boxes) == ["b.jpg"]


def test_another_shape_than_the_picture_is_told(tmp_path: Path) -> None:
    """Labels drawn on a turned picture are not trusted; a merely scaled one is fine."""
    labels = read(
        tmp_path,
        {
            "a.xml": voc(thing("cat", 1, 1, 9, 9), size=(100, 200)),
            "b.xml": voc(thing("cat", 0, 0, 200, 100), size=(400, 200)),
        },
        ["a.jpg", "b.jpg"],
    )
    assert "labelled at 100x200, but the picture is 200x100" in labels.report.rows[0].why
    assert labels.boxes == {"b.jpg": [BoxItem(label="cat", xyxy=(0.0, 0.0, 0.5, 0.5))]}


def test_coco_joins_by_id_in_any_order(tmp_path: Path) -> None:
    """Ids as text or number are one; images without annotations are empty; polygons get bounds."""
    labels = read(
        tmp_path,
        {
            "train/_annotations.coco.json": coco(
                [
                    {"image_id": "7", "category_id": 1, "bbox": [20, 10, 80, 40]},
                    {"image_id": 7, "category_id": 1, "segmentation": [[0, 0, 20, 0, 20, 50]]},
                ]
            )
        },
        ["train/a.jpg", "train/b.jpg"],
    )
    assert labels.form == "coco"
    assert labels.classes == ["things", "cat"]
    assert [box.xyxy for box in labels.boxes["train/a.jpg"]] == [
        (0.1, 0.1, 0.5, 0.5),
        (0.0, 0.0, 0.1, 0.5),
    ]
    assert labels.boxes["train/b.jpg"] == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"image_id": 7, "category_id": 9, "bbox": [1, 1, 5, 5]}, "a box of an unknown category"),
        ({"image_id": 99, "category_id": 1, "bbox": [1, 1, 5, 5]}, "a box of an unknown image"),
        ({"image_id": 7, "category_id": 1, "bbox": [1, 1, 0, 5]}, "the box has no size"),
        (
            {"image_id": 7, "category_id": 1, "bbox": [1, 1, -5, 5]},
            "the corners are the wrong way round",
        ),
        (
            {"image_id": 7, "category_id": 1, "bbox": ["a", None, 5, 5]},
            "a coordinate is not a number",
        ),
        ({"image_id": 7, "category_id": 1}, "an annotation without a box"),
        (
            {"image_id": 7, "category_id": 1, "bbox": [1, 1, 5, 5], "iscrowd": 1},
            "a crowd, not one object",
        ),
        ("nonsense", "an annotation that is none"),
    ],
)
def test_bad_coco_rows_are_left_out_alone(tmp_path: Path, row: object, why: str) -> None:
    """One bad annotation costs itself only."""
    good = {"image_id": 7, "category_id": 1, "bbox": [20, 10, 80, 40]}
    labels = read(tmp_path, {"a.json": coco([row, good])}, ["a.jpg", "b.jpg"])
    assert len(labels.boxes["a.jpg"]) == 1
    assert [entry.why for entry in labels.report.rows] == [why]


def test_a_missing_coco_picture_is_told_with_its_boxes(tmp_path: Path) -> None:
    """An image that is not in the zip is a bad row, and so is each of its boxes."""
    labels = read(
        tmp_path,
        {"a.json": coco([{"image_id": 8, "category_id": 1, "bbox": [1, 1, 5, 5]}])},
        ["a.jpg"],
    )
    assert [row.why for row in labels.report.rows] == [
        "b.jpg: its picture is missing",
        "a box whose picture was left out",
    ]


def test_other_json_is_no_coco(tmp_path: Path) -> None:
    """Settings, broken JSON and deep nesting beside pictures are no labels and no crash."""
    labels = read(
        tmp_path, {"a.json": '{"x": 1}', "b.json": "[" * 200_000, "c.json": "[]"}, ["a.jpg"]
    )
    assert labels.boxes == {}


@pytest.mark.parametrize(
    ("label", "image"),
    [
        ("train/labels/a.txt", "train/images/a.jpg"),
        ("labels/train/a.txt", "images/train/a.jpg"),
        ("obj_train_data/a.txt", "obj_train_data/a.jpg"),
        ("a.txt", "a.png"),
        ("set/labels/deep/a.txt", "set/images/deep/a.jpg"),
    ],
)
def test_yolo_layouts_are_found_by_looking(tmp_path: Path, label: str, image: str) -> None:
    """Split first, type first, Darknet's and flat: label and picture find each other."""
    labels = read(
        tmp_path, {label: "0 0.5 0.5 0.2 0.4\n", "classes.txt": "cat\ndog\n"}, [image, "other.jpg"]
    )
    assert labels.form == "yolo"
    assert labels.classes == ["cat", "dog"]
    assert [box.label for box in labels.boxes[image]] == ["cat"]
    assert labels.boxes[image][0].xyxy == pytest.approx((0.4, 0.3, 0.6, 0.7))


def test_splits_are_not_mixed_up(tmp_path: Path) -> None:
    """train/1.jpg and valid/1.jpg are two pictures, each with its own label."""
    labels = read(
        tmp_path,
        {
            "train/labels/1.txt": "0 0.5 0.5 0.2 0.2",
            "valid/labels/1.txt": "",
            "valid/labels/2.txt": "0 0.5 0.5 0.2 0.2",
            "data.yaml": "names: [cat]",
        },
        ["train/images/1.jpg", "valid/images/1.jpg", "train/images/2.jpg"],
    )
    assert {name: len(rows) for name, rows in labels.boxes.items()} == {
        "train/images/1.jpg": 1,
        "valid/images/1.jpg": 0,
    }
    assert [row.why for row in labels.report.rows] == ["its picture is missing"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("7 0.5 0.5 0.1 0.1", "class 7 is not among the names"),
        ("-1 0.5 0.5 0.1 0.1", "class -1 is not among the names"),
        ("1.5 0.5 0.5 0.1 0.1", "the class is not a number"),
        ("0 0.5 0.5", "not a YOLO row"),
        ("what is this", "not a YOLO row"),
        ("0 nan 0.5 0.1 0.1", "a coordinate is not a number"),
        ("0 inf 0.5 0.1 0.1", "a coordinate is not a number"),
        ("0 0.5 0.5 0 0.1", "the box has no size"),
        ("0 0.5 0.5 -0.1 0.1", "the box has a negative size"),
        ("0 320 240 50 50", "the box lies outside the picture"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "not a YOLO row"),
        ("0 0.1 0.1 0.2 nan 0.3 0.3", "a coordinate is not a number"),
    ],
)
def test_bad_yolo_rows_are_left_out_alone(tmp_path: Path, row: str, why: str) -> None:
    """One bad line costs itself only, and is told with its number."""
    labels = read(
        tmp_path,
        {
            "a.txt": f"0 0.5 0.5 0.2 0.2\n\n{row}\n0 0.4 0.4 0.2 0.2\n",
            "data.yaml": "names: {0: cat}",
        },
        ["a.jpg"],
    )
    assert len(labels.boxes["a.jpg"]) == 2
    assert [(entry.line, entry.why) for entry in labels.report.rows] == [(3, why)]


def test_polygons_give_their_bounds_and_keypoints_their_box(tmp_path: Path) -> None:
    """Segmentation rows become boxes; pose rows keep the box in front."""
    polygon = read(
        tmp_path,
        {"a.txt": "0 0.1 0.2 0.5 0.2 0.3 0.8 0.2 0.5", "data.yaml": "names: [cat]"},
        ["a.jpg"],
    )
    assert polygon.boxes["a.jpg"][0].xyxy == pytest.approx((0.1, 0.2, 0.5, 0.8))
    pose = read(
        tmp_path,
        {"a.txt": "0 0.5 0.5 0.2 0.2 0.9 0.9 2", "data.yaml": "names: [cat]\nkpt_shape: [1, 3]"},
        ["a.jpg"],
    )
    assert pose.boxes["a.jpg"][0].xyxy == pytest.approx((0.4, 0.4, 0.6, 0.6))


def test_yolo_without_names_is_told(tmp_path: Path) -> None:
    """Numbers that nothing names are an error with what to add."""
    with pytest.raises(LabelError, match=r"put a data\.yaml or a classes\.txt"):
        read(tmp_path, {"a.txt": "0 0.5 0.5 0.2 0.2"}, ["a.jpg"])


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nnames: *b",
        "names: !!python/object/apply:os.system ['true']",
        "names: [" + "[" * 3000,
        "names: 3",
        "{",
    ],
)
def test_hostile_yaml_names_nothing(tmp_path: Path, text: str) -> None:
    """Alias bombs, Python tags and nonsense in a data.yaml give no names."""
    with pytest.raises(LabelError):
        read(tmp_path, {"a.txt": "0 0.5 0.5 0.2 0.2", "data.yaml": text}, ["a.jpg"])


def test_captions_beside_pictures_are_no_labels(tmp_path: Path) -> None:
    """A text about a picture is not taken for boxes."""
    labels = read(
        tmp_path, {"a.txt": "a cat on a mat in the sun", "README.txt": "hello"}, ["a.jpg"]
    )
    assert labels.boxes == {}


def test_the_fullest_form_leads(tmp_path: Path) -> None:
    """The same boxes in two forms count once; the second form fills in what the first lacks."""
    labels = read(
        tmp_path,
        {
            "a.xml": voc(thing("cat", 0, 0, 20, 10)),
            "b.xml": voc(thing("cat", 0, 0, 20, 10)),
            "a.txt": "0 0.5 0.5 0.2 0.2",
            "c.txt": "0 0.5 0.5 0.2 0.2",
            "classes.txt": "dog",
        },
        ["a.jpg", "b.jpg", "c.jpg"],
    )
    assert {name: [box.label for box in rows] for name, rows in labels.boxes.items()} == {
        "a.jpg": ["cat"],
        "b.jpg": ["cat"],
        "c.jpg": ["dog"],
    }
    assert labels.form == "voc+yolo"


def found(*names: str) -> Labels:
    """Labels with one box of each name on one picture."""
    boxes = [BoxItem(label=name, xyxy=(0.0, 0.0, 0.5, 0.5)) for name in names]
    return Labels("voc", list(dict.fromkeys(names)), {"a.jpg": boxes})


def test_classes_match_without_case() -> None:
    """Names join without case and blanks and take the project's spelling; others are counted."""
    result = match(found("CAT", " cat ", "dog", "dog"), ["Cat"])
    assert [box.label for box in result.boxes["a.jpg"]] == ["Cat", "Cat", "dog", "dog"]
    assert result.classes == ["Cat"]
    assert result.unknown == {"dog": 2}


def test_a_project_without_classes_takes_all() -> None:
    """Every class that is used comes in, in the source's order, one spelling each."""
    result = match(found("RBC", "wbc", "rbc"), [])
    assert result.classes == ["RBC", "wbc"]
    assert [box.label for box in result.boxes["a.jpg"]] == ["RBC", "wbc", "RBC"]


def test_other_classes_keep_their_names() -> None:
    """What the project does not look for comes along under its own name, one spelling each."""
    result = match(found("RBC", "WBC", "wbc"), ["cat"])
    assert [box.label for box in result.boxes["a.jpg"]] == ["RBC", "WBC", "WBC"]
    assert (result.classes, result.unknown) == ([], {"RBC": 1, "WBC": 2})
    sentence = no_class_in_common(result, ["cat"]).user_message
    assert sentence == (
        "These labels name WBC, RBC; this project looks for cat. "
        "Add them with /classes cat, WBC, RBC, then send it again."
    )


@pytest.mark.parametrize(
    ("folder", "form", "pictures", "boxes"),
    [
        ("bccd", "voc", 364, {"RBC": 4153, "WBC": 372, "Platelets": 361}),
        ("apple_coco", "coco", 179, {"fresh_apple": 117, "rotten_apple": 120}),
        ("garbage_yolo", "yolo", 80, {"garbage": 74, "garbage_bin": 28, "overflow": 148}),
    ],
)
def test_real_sets_read_with_exact_counts(
    shared_data: Path, folder: str, form: str, pictures: int, boxes: dict[str, int]
) -> None:
    """Real exports come in whole; of BCCD only the two boxes without size are left out."""
    from pipeline.images import size_of

    files = {str(p.relative_to(shared_data)): p for p in (shared_data / folder).rglob("*.*")}
    photos = {name for name in files if name.endswith(".jpg")}
    rest = {name: path for name, path in files.items() if name not in photos}
    labels = read_labels(rest, photos, lambda name: size_of(files[name]))
    assert labels.form == form
    assert len(labels.boxes) == pictures
    assert Counter(box.label for rows in labels.boxes.values() for box in rows) == boxes
    bad = ["BloodImage_00338.xml", "BloodImage_00343.xml"] if folder == "bccd" else []
    assert [Path(row.file).name for row in labels.report.rows] == bad
