"""Sets of Hugging Face: tables and folders become pictures with labels."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import LinkRefused, SourceError
from pipeline.formats import read_labels
from pipeline.images import size_of
from pipeline.sources import hf_rows
from pipeline.sources.base import Fetched
from pipeline.sources.boxforms import Placed, corners, form_of, shares
from pipeline.sources.hf_features import class_names, objects_in
from pipeline.sources.secrets import Secrets
from tests.support.clips import photo
from tests.support.huggingface import KEY, HubSet, HuggingFace, table
from tests.support.sources import Errand, errand
from tests.support.www import Www, serving

NAMES = ["cat", "dog"]
FEATURES = {
    "image": {"_type": "Image"},
    "objects": {
        "bbox": {"_type": "List", "feature": {"_type": "List", "feature": {"dtype": "float32"}}},
        "category": {"_type": "List", "feature": {"_type": "ClassLabel", "names": NAMES}},
    },
}


def row(number: int, boxes: list[list[float]], kinds: list[Any]) -> dict[str, Any]:
    """A row with a picture of 160x120."""
    return {
        "image": {"bytes": photo(number), "path": f"{number}.jpg"},
        "objects": {"bbox": boxes, "category": kinds},
    }


ROWS = [
    row(1, [[16.0, 12.0, 64.0, 60.0], [80.0, 60.0, 40.0, 30.0]], [0, 1]),
    row(2, [[0.0, 0.0, 16.0, 12.0]], [1]),
    row(3, [], []),
]


@pytest.fixture
def www() -> Iterator[Www]:
    """Where the files lie."""
    with serving() as running:
        yield running


@pytest.fixture
def hub(www: Www) -> Iterator[HuggingFace]:
    """A hub with a set of three pictures."""
    service = HuggingFace(www)
    service.sets["ann/cats"] = HubSet(
        {"data/train-00000-of-00001.parquet": table(ROWS, FEATURES), "README.md": b"cats"},
        {"license": "cc-by-4.0"},
    )
    with service.serving():
        yield service


@pytest.fixture
def out(tmp_path: Path, www: Www, hub: HuggingFace) -> Errand:
    """Errands to it."""
    return errand(tmp_path / "errand", www, huggingface=hub.url)


def boxes_of(files: dict[str, Path]) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """What the ordinary reader makes of the files: class and rounded corners, by picture."""
    pictures = {name: path for name, path in files.items() if not name.endswith(".json")}
    labels = {name: path for name, path in files.items() if name.endswith(".json")}
    found = read_labels(labels, pictures, lambda name: size_of(pictures[name]))
    assert not found.report.count, found.report
    return {
        name: [(box.label, tuple(round(value, 3) for value in box.xyxy)) for box in boxes]
        for name, boxes in found.boxes.items()
    }


RIGHT = {
    "data/train-00000-of-00001/000000.jpg": [
        ("cat", (0.1, 0.1, 0.5, 0.6)),
        ("dog", (0.5, 0.5, 0.75, 0.75)),
    ],
    "data/train-00000-of-00001/000001.jpg": [("dog", (0.0, 0.0, 0.1, 0.1))],
    "data/train-00000-of-00001/000002.jpg": [],
}


@pytest.mark.parametrize(
    "what",
    [
        "hf:ann/cats",
        "https://huggingface.co/datasets/ann/cats",
        "https://huggingface.co/datasets/ann/cats/tree/main/data",
        "https://huggingface.co/datasets/ann/cats/blob/main/data/train-00000-of-00001.parquet",
    ],
)
def test_a_table_becomes_pictures_with_labels(out: Errand, what: str) -> None:
    """Rows of parquet are files and COCO labels, with the names of the classes."""
    fetched = out.fetch(what)
    assert isinstance(fetched, Fetched)
    files = {file.name: Path(file.path) for file in fetched.files}
    assert boxes_of(files) == RIGHT
    assert fetched.provenance == {
        "source": "huggingface",
        "link": "https://huggingface.co/datasets/ann/cats",
        "author": "ann",
        "license": "cc-by-4.0",
        "version": "0a1b2c3d",
    }
    assert json.loads(files["labels.json"].read_text())["categories"] == [
        {"id": 0, "name": "cat"},
        {"id": 1, "name": "dog"},
    ]


def converted(boxes: list[float], form: str) -> list[float]:
    """An xywh box of a picture of 160x120 in another form."""
    x, y, wide, high = boxes
    if form == "xyxy":
        return [x, y, x + wide, y + high]
    shares = [x / 160, y / 120, wide / 160, high / 120]
    if form == "cxcywh":
        shares[0] += shares[2] / 2
        shares[1] += shares[3] / 2
    return shares


@pytest.mark.parametrize("form", ["xyxy", "shares", "cxcywh"])
def test_the_form_of_boxes_is_found_by_looking(out: Errand, hub: HuggingFace, form: str) -> None:
    """Corners, shares of the picture and centres give the same boxes."""
    # A large box first: only with one can the forms be told apart.
    large = [row(4, [[8.0, 6.0, 144.0, 108.0]], [0]), *ROWS]
    rows = []
    for one in large:
        said = one["objects"]
        boxes = [converted(box, form) for box in said["bbox"]]
        rows.append({**one, "objects": {"bbox": boxes, "category": said["category"]}})
    hub.sets["ann/cats"].files = {"a.parquet": table(rows, FEATURES)}
    found = list(boxes_of(out.files("hf:ann/cats")).values())
    assert found == [[("cat", (0.05, 0.05, 0.95, 0.95))], *RIGHT.values()]


def test_other_shapes_of_tables(out: Errand, hub: HuggingFace) -> None:
    """Objects as a list of structs, names of classes as text or on the card, plain bytes."""
    rows = [
        {"picture": photo(1), "objects": [{"bbox": [16, 12, 64, 60], "label": 1}]},
        {"picture": photo(2), "objects": []},
    ]
    card = {
        "dataset_info": {
            "features": [
                {"name": "picture", "dtype": "image"},
                {"name": "objects", "list": [{"class_label": {"names": {"0": "cat", "1": "dog"}}}]},
            ]
        }
    }
    hub.sets["ann/cats"] = HubSet({"a.parquet": table(rows)}, card)
    found = boxes_of(out.files("hf:ann/cats"))
    assert found == {"a/000000.jpg": [("dog", (0.1, 0.1, 0.5, 0.6))], "a/000001.jpg": []}
    rows = [{"image": photo(1), "bbox": [[16, 12, 64, 60]], "labels": ["a bird"]}]
    hub.sets["ann/birds"] = HubSet({"b.parquet": table(rows)})
    found = boxes_of(out.files("hf:ann/birds"))
    assert found == {"b/000000.jpg": [("a bird", (0.1, 0.1, 0.5, 0.6))]}


def test_a_table_without_boxes(out: Errand, hub: HuggingFace) -> None:
    """Pictures alone come as pictures; rows without a picture are passed over."""
    rows = [
        {"image": {"bytes": photo(1), "path": None}, "label": 3},
        {"image": None, "label": 2},
    ]
    hub.sets["ann/cats"].files = {"a.parquet": table(rows)}
    assert list(out.files("hf:ann/cats")) == ["a/000000.jpg"]


def test_a_folder_of_pictures(out: Errand, hub: HuggingFace) -> None:
    """Files come as they are; a metadata.jsonl beside them says where the boxes are."""
    said = [
        {"file_name": "1.jpg", "objects": {"bbox": [[16, 12, 64, 60]], "categories": ["cat"]}},
        {"file_name": "9.jpg", "objects": {"bbox": [], "categories": []}},
    ]
    lines = "\n".join(json.dumps(one) for one in said).encode()
    hub.sets["ann/cats"].files = {
        "train/1.jpg": photo(1),
        "train/2.jpg": photo(2),
        "train/metadata.jsonl": lines,
        "dataset_infos.json": b"{}",
    }
    files = out.files("hf:ann/cats")
    assert sorted(files) == ["labels.json", "train/1.jpg", "train/2.jpg"]
    assert boxes_of(files) == {"train/1.jpg": [("cat", (0.1, 0.1, 0.5, 0.6))]}


def test_of_many_pictures_some_come(out: Errand, hub: HuggingFace) -> None:
    """Where nothing is labelled an even spread is fetched, whatever the set weighs."""
    hub.sets["ann/cats"].files = {f"{n:02}.jpg": photo(n) for n in range(0, 24, 2)}
    hub.sets["ann/cats"].sizes = {f"{n:02}.jpg": 1000 for n in range(24)}
    names = list(out.files("hf:ann/cats", max_images=4))
    assert names == [f"{n:02}.jpg" for n in range(0, 24, 2)]


def test_a_private_set_needs_a_key(out: Errand, hub: HuggingFace, www: Www) -> None:
    """With a key it comes, and the servers behind the hub never see the key."""
    hub.sets["ann/cats"].private = True
    with pytest.raises(SourceError, match="/settings huggingface=KEY"):
        out.fetch("hf:ann/cats")
    hub.calls.clear()
    assert boxes_of(out.files("hf:ann/cats", Secrets(huggingface=KEY))) == RIGHT
    assert {call.headers.get("authorization") for call in hub.calls} == {f"Bearer {KEY}"}
    assert all("authorization" not in headers for headers in www.headers)


@pytest.mark.parametrize(
    ("what", "key", "said"),
    [
        ("hf:ann/dogs", "", "check the name"),
        ("hf:ann/dogs", KEY, "(404)"),
        ("hf:ann/cats", "hf_wrong_key", "(401)"),
        ("hf:ann/shut", KEY, "conditions accepted"),
        ("hf:ann/words", "", "no pictures"),
        ("hf:a b", "", "hf:owner/name"),
        ("hf:ann/broken", "", "may be damaged"),
        ("hf:ann/numbers", "", "no column of pictures"),
    ],
)
def test_a_refusal_says_what_to_do(
    out: Errand, hub: HuggingFace, what: str, key: str, said: str
) -> None:
    """What cannot be had is one sentence, without the key."""
    hub.sets["ann/shut"] = HubSet(gated=True)
    hub.sets["ann/words"] = HubSet({"README.md": b"words"})
    hub.sets["ann/broken"] = HubSet({"broken.parquet": b"PAR1 and no more"})
    hub.sets["ann/numbers"] = HubSet({"numbers.parquet": table([{"a": 1}])})
    with pytest.raises(SourceError) as refusal:
        out.fetch(what, Secrets(huggingface=key))
    assert said in refusal.value.user_message
    assert not key or key not in refusal.value.user_message


def test_a_large_set_is_offered_in_parts(out: Errand, hub: HuggingFace) -> None:
    """Where all lies in one folder its files are offered, the largest first."""
    hub.sets["ann/cats"].sizes = {f"data/train-{n}.parquet": 900_000_000 + n for n in range(3)}
    hub.sets["ann/cats"].files = {}
    offer = out.offer("hf:ann/cats")
    assert [choice.what for choice in offer.choices] == [
        "hf:ann/cats#data/train-2.parquet",
        "hf:ann/cats#data/train-1.parquet",
        "hf:ann/cats#data/train-0.parquet",
        "hf:ann/cats#",
    ]


def test_too_many_files_or_pictures(
    out: Errand, hub: HuggingFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would take for ever is refused before, what would fill the disk on the way."""
    monkeypatch.setattr(hf_rows, "MAX_PICTURES", 2)
    with pytest.raises(SourceError, match="over 2 pictures"):
        out.fetch("hf:ann/cats")
    hub.sets["ann/cats"].files = {}
    hub.sets["ann/cats"].sizes = {f"{n}.jpg": 1000 for n in range(1000)} | {"labels.json": 9}
    with pytest.raises(SourceError, match="1,001 files"):
        out.fetch("hf:ann/cats")


def test_a_download_that_breaks_off_goes_on(out: Errand, www: Www, hub: HuggingFace) -> None:
    """A file comes whole, or not at all."""
    data = hub.sets["ann/cats"].files["data/train-00000-of-00001.parquet"]
    path = "/data/train-00000-of-00001.parquet"
    www.put(path, data, headers={"ETag": '"one"'}, cut=len(data) // 3)
    assert boxes_of(out.files("hf:ann/cats")) == RIGHT
    www.put(path, data, cut=len(data) // 3)
    with pytest.raises(SourceError, match="broke off in the middle"):
        out.fetch("hf:ann/cats")


def test_it_leads_nowhere_inside(out: Errand, hub: HuggingFace) -> None:
    """A redirect to an address that may not be reached ends there."""
    with serving() as inside:
        hub.www = inside
        with pytest.raises(LinkRefused):
            out.fetch("hf:ann/cats")
        assert inside.asked == []


def test_a_form_that_fits_is_chosen() -> None:
    """Each form is taken where the others are impossible; COCO's where nothing tells."""
    assert form_of([], normalised=False) == "xywh"
    assert not shares([])
    for form, numbers in (
        ("xywh", (90.0, 0.0, 8.0, 90.0)),
        ("xyxy", (60.0, 60.0, 90.0, 90.0)),
        ("cxcywh", (80.0, 80.0, 40.0, 30.0)),
    ):
        box = Placed(numbers, 100, 100)
        assert form_of([box], normalised=False) == form
        assert not shares([box])
    half = Placed((0.5, 0.5, 1.0, 1.0), 100, 100)
    assert shares([half])
    assert corners(half, "cxcywh", normalised=True) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "described",
    [None, 3, [], {}, {"names": []}, {"a": [{"b": {"names": 3}}]}, {"names": {"x": 1}}],
)
def test_descriptions_without_names(described: object) -> None:
    """A description of any shape gives no names where there are none."""
    assert class_names(described) == []


def test_rows_of_any_shape() -> None:
    """A row without a place for boxes has no objects; a picture's own class is no box."""
    for shape in ({}, {"label": 3}, {"labels": []}, {"objects": 3}, {"objects": [1, 2]}):
        assert objects_in(shape) is None
    assert objects_in({"objects": {"bbox": None}}) is not None
