"""CSV labels: every dialect is found by looking."""

from pathlib import Path

import pytest

from pipeline.formats import Labels, read_labels
from pipeline.jobs.spec import BoxItem

SIZE = (200, 100)
BOX = (0.1, 0.2, 0.5, 0.6)
"""20, 20, 100, 60 in pixels of a 200x100 picture; 80 by 40 of them, about 60, 40."""


def read(tmp_path: Path, tables: dict[str, str | bytes], pictures: list[str]) -> Labels:
    """Read tables by name; every picture is 200x100."""
    files = {}
    for number, (name, text) in enumerate(tables.items()):
        files[name] = tmp_path / f"{number}"
        files[name].write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_labels(files, pictures, lambda _: SIZE)


DIALECTS = {
    "tensorflow": "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,200,100,cat,20,20,100,60",
    "sides together": "image,xmin,xmax,ymin,ymax,label\nimages/a.jpg,20,100,20,60,cat",
    "another size": "filename,width,height,class,xmin,ymin,xmax,ymax\n"
    "a.jpg,400,200,cat,40,40,200,120",
    "retinanet": "data/old/a.jpg,20,20,100,60,cat\nb.jpg,,,,,",
    "tensorflow without a header": "a.jpg,200,100,cat,20,20,100,60\nb.jpg,200,100,cat,0,0,20,20",
    "automl": "TRAIN,gs://x/a.jpg,cat,0.1,0.2,,,0.5,0.6,,\nTEST,gs://x/b.jpg,cat,0,0,,,0.5,0.5,,",
    "a string of numbers": 'image_id,width,height,bbox,label\na,200,100,"[20.0, 20, 80, 40]",cat',
    "a string of corners": "id,bbox,class\na,20 20 100 60,cat\nb,150 50 200 100,cat",
    "columns of sizes": "image_id,x,y,w,h,class_name\na,20,20,80,40,cat\nb,120,60,80,40,cat",
    "centres": "image,class,x_center,y_center,width,height\na.jpg,cat,0.3,0.4,0.4,0.4",
    "centres by other words": "image,class,x,y,w,h\na.jpg,cat,0.3,0.4,.4,.4\nb.jpg,cat,.1,.1,.2,.2",
    "centres in pixels": "img,cx,cy,w,h,label\na.jpg,60,40,80,40,cat",
    "a list of dicts": "image_id,annotations\n"
    "a,\"[{'x': 20, 'y': 20, 'width': 80, 'height': 40}]\"",
    "semicolons and decimal commas": "filename;xmin;ymin;xmax;ymax;class\n"
    "a.jpg;20,0;20,0;1e2;60,0;cat",
    "tabs": "filename\tclass\txmin\tymin\txmax\tymax\na.jpg\tcat\t20\t20\t100\t60",
    "quoted": '"filename","class","xmin","ymin","xmax","ymax"\n"a.jpg","cat","20","20","100","60"',
    "told to Excel": "sep=;\nfilename;class;xmin;ymin;xmax;ymax\na.jpg;cat;20;20;100;60",
    "spaces": "filename, class, xmin, ymin, xmax, ymax\na.jpg, cat, 20, 20, 100, 60",
    "counted from zero": "file,x0,y0,x1,y1,name\na.jpg,20,20,100,60,cat",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_mean_the_same_box(tmp_path: Path, dialect: str) -> None:
    """Whatever the columns are called and however the box is written, it is the same box."""
    labels = read(tmp_path, {"train.csv": DIALECTS[dialect]}, ["x/a.jpg", "x/b.jpg"])
    assert labels.form == "csv"
    assert labels.report.rows == []
    (box,) = labels.boxes["x/a.jpg"]
    assert box.xyxy == pytest.approx(BOX, abs=1e-9)
    assert box.label == ("object" if dialect == "a list of dicts" else "cat")


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_is_no_matter(tmp_path: Path, start: bytes) -> None:
    """Excel's mark before the header, and its UTF-16 files, change nothing."""
    table = DIALECTS["tensorflow"].replace("cat", "Mürka")
    encoded = table.encode() if start else table.encode("utf-16")
    assert read(tmp_path, {"a.csv": start + encoded}, ["a.jpg"]).classes == ["Mürka"]
    latin = read(tmp_path, {"a.csv": table.encode("cp1252")}, ["a.jpg"])
    assert latin.classes == ["Mürka"]


def test_open_images_codes_get_their_names(tmp_path: Path) -> None:
    """Shares of the sides, codes spelled by the table beside them, groups left out."""
    header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsGroupOf"
    rows = ["a,x,/m/01yrx,1,0.1,0.5,0.2,0.6,0,0", "a,x,/m/01yrx,1,0,1,0,1,0,1"]
    labels = read(
        tmp_path,
        {
            "train-annotations-bbox.csv": "\n".join([header, *rows]),
            "class-descriptions-boxable.csv": "/m/01yrx,Cat\n/m/0bt9lr,Dog",
        },
        ["a.jpg"],
    )
    assert labels.boxes == {"a.jpg": [BoxItem(label="Cat", xyxy=BOX)]}
    assert [(row.line, row.why) for row in labels.report.rows] == [(3, "a group, not one object")]


def test_via_regions_are_read(tmp_path: Path) -> None:
    """Rectangles, polygons and circles of the VGG annotator; a point is no box."""
    header = (
        "#filename,file_size,file_attributes,region_count,region_id,"
        "region_shape_attributes,region_attributes"
    )
    rect = '"{""name"":""rect"",""x"":20,""y"":20,""width"":80,""height"":40}"'
    outline = '"{""name"":""polygon"",""all_points_x"":[20,100,60],""all_points_y"":[20,60,30]}"'
    circle = '"{""name"":""circle"",""cx"":50,""cy"":50,""r"":10}"'
    point = '"{""name"":""point"",""cx"":5,""cy"":5}"'
    rows = [
        f'a.jpg,1,{{}},5,0,{rect},"{{""class"":""cat""}}"',
        f'a.jpg,1,{{}},5,1,{outline},"{{""kind"":{{""cat"":true,""dog"":false}}}}"',
        f'a.jpg,1,{{}},5,2,{circle},"{{}}"',
        f'a.jpg,1,{{}},5,3,{point},"{{""class"":""cat""}}"',
        "b.jpg,1,{},0,0,{},{}",
    ]
    labels = read(tmp_path, {"via.csv": "\n".join([header, *rows])}, ["a.jpg", "b.jpg"])
    assert [box.label for box in labels.boxes["a.jpg"]] == ["cat", "cat", "object"]
    assert labels.boxes["a.jpg"][0].xyxy == labels.boxes["a.jpg"][1].xyxy == BOX
    assert labels.boxes["a.jpg"][2].xyxy == (0.2, 0.4, 0.3, 0.6)
    assert labels.boxes["b.jpg"] == []
    assert [(row.line, row.why) for row in labels.report.rows] == [(5, "a point, not a box")]


def test_bad_rows_are_left_out_alone(tmp_path: Path) -> None:
    """Each costs itself and is told with its line, its reason and what stands there."""
    rows = {
        "a.jpg,cat,20,20,100,60": None,
        "a.jpg,cat,300,10,400,60": "the box lies outside the picture",
        "a.jpg,cat,100,20,20,60": "the corners are the wrong way round",
        "a.jpg,cat,20,20,20,20": "the box has no size",
        "a.jpg,cat,nan,20,100,60": "a coordinate is not a number",
        "a.jpg,cat,x,20": "a coordinate is not a number",
        "a.jpg,,20,20,100,60": "a box without a class name",
        "gone.jpg,cat,20,20,100,60": "its picture is missing",
        ",cat,20,20,100,60": "a row without a picture",
        f"a.jpg,{'x' * 200_000},1,1,9,9": "not readable as CSV",
    }
    table = "filename,class,xmin,ymin,xmax,ymax\n" + "\n".join(rows)
    labels = read(tmp_path, {"a.csv": table}, ["a.jpg"])
    assert len(labels.boxes["a.jpg"]) == 1
    told = [(row.line, row.why, row.value) for row in labels.report.rows]
    assert sorted(told) == [
        (line, why, "" if "CSV" in why else row)
        for line, (row, why) in enumerate(rows.items(), start=2)
        if why
    ]


def test_numbers_for_classes_get_their_names(tmp_path: Path) -> None:
    """Where a classes.txt or a data.yaml has names, a column of numbers means those."""
    table = "filename,class_id,xmin,ymin,xmax,ymax\na.jpg,1,20,20,100,60"
    labels = read(tmp_path, {"a.csv": table, "classes.txt": "dog\ncat"}, ["a.jpg"])
    assert [box.label for box in labels.boxes["a.jpg"]] == ["cat"]


def test_a_class_without_a_place_is_kept_apart(tmp_path: Path) -> None:
    """A table of classes says what is on a picture, and labels none."""
    labels = read(tmp_path, {"a.csv": "filename,label\na.jpg,cat\nb.jpg,dog"}, ["a.jpg", "b.jpg"])
    assert (labels.boxes, labels.whole) == ({}, {"a.jpg": "cat", "b.jpg": "dog"})


def test_a_table_of_other_pictures_is_told_once(tmp_path: Path) -> None:
    """Where no row is about a picture that is here, one line says so."""
    rows = "".join(f"{number}.jpg,cat,1,1,9,9\n" for number in range(50))
    tables = {"test.csv": f"filename,class,xmin,ymin,xmax,ymax\n{rows}"}
    tables["train.csv"] = DIALECTS["tensorflow"]
    labels = read(tmp_path, tables, ["a.jpg"])
    assert len(labels.boxes["a.jpg"]) == 1
    told = [(row.file, row.line, row.why) for row in labels.report.rows]
    assert told == [("test.csv", None, "none of its pictures is here")]


def test_marks_for_classes_are_no_boxes(tmp_path: Path) -> None:
    """A table with a column of 0 and 1 for each class has no places."""
    table = "filename,cat,dog,cow,hen\na.jpg,0,0,1,1\nb.jpg,0,0,1,1"
    labels = read(tmp_path, {"_classes.csv": table}, ["a.jpg", "b.jpg"])
    assert (labels.boxes, labels.report.count) == ({}, 0)


@pytest.mark.parametrize(
    "table", ["", "\n\n", "city,people\nBern,130000", "1,2,3\n4,5,6", '"', "a.jpg\n" * 3]
)
def test_other_tables_are_passed_over(tmp_path: Path, table: str) -> None:
    """What is no table about pictures says nothing."""
    labels = read(tmp_path, {"a.csv": table}, ["a.jpg"])
    assert (labels.boxes, labels.report.count) == ({}, 0)
