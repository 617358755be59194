"""The table of models that can be trained."""

import pytest

from pipeline import families
from pipeline.errors import SpecError
from pipeline.families import ARCHITECTURES, FAMILIES


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("yolov8n", "yolov8n"),
        ("YOLOv8n", "yolov8n"),
        ("v8n", "yolov8n"),
        ("yolo8n.pt", "yolov8n"),
        ("yolo-v8-n", "yolov8n"),
        ("yolo11n.pt", "yolo11n"),
        ("yolov11n", "yolo11n"),
        ("yolo_11n.yaml", "yolo11n"),
        ("yolov12x", "yolo12x"),
        ("YOLO26s", "yolo26s"),
        ("yolov3", "yolov3"),
        ("yolov3u", "yolov3"),
        ("v3-tiny", "yolov3-tiny"),
        ("yolov3-sppu.pt", "yolov3-spp"),
        ("yolov5nu", "yolov5n"),
        ("yolov5s6u", "yolov5s-p6"),
        ("yolov5s6", "yolov5s-p6"),
        ("yolov9t", "yolov9t"),
        ("yolov10b", "yolov10b"),
        ("rt-detr-l", "rtdetr-l"),
        ("RTDETR-X.pt", "rtdetr-x"),
        ("rtdetr_resnet50", "rtdetr-resnet50"),
    ],
)
def test_spellings_are_forgiven(said: str, name: str) -> None:
    """A model is found by every usual spelling of its name."""
    assert families.find(said).name == name


def test_no_two_models_share_a_spelling() -> None:
    """Each name, and each checkpoint's, means its own model."""
    for architecture in ARCHITECTURES.values():
        assert families.find(architecture.name) is architecture
        if architecture.weights:
            assert families.find(architecture.weights) is architecture


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("yolov8", "yolov8"),
        ("yolov8n-seg", "yolov8n"),
        ("yolo13n", "yolo1"),
        ("rtdetr", "rtdetr-l"),
        ("yollov8n", "yolov8n"),
        ("yolov9n", "yolov9"),
    ],
)
def test_an_unknown_model_is_told_with_the_nearest(said: str, near: str) -> None:
    """One sentence names what was probably meant."""
    with pytest.raises(SpecError, match=near) as told:
        families.find(said)
    message = told.value.user_message
    assert message.endswith("?")
    assert said in message


@pytest.mark.parametrize("said", ["", "💥", "../../etc/passwd", "x" * 400])
def test_what_is_like_no_model_is_told_with_all_families(said: str) -> None:
    """With nothing near, the smallest of each family is named; the sentence stays short."""
    with pytest.raises(SpecError) as told:
        families.find(said)
    message = told.value.user_message
    assert all(families.smallest(family).name in message for family in FAMILIES)
    assert len(message) < 300


def test_the_exact_name_is_checked() -> None:
    """A worker takes the table's own names only, since a name becomes a file's."""
    assert families.check("yolo26n").weights == "yolo26n.pt"
    for name in ("YOLO26n", "yolo26n.pt", "../yolo26n"):
        with pytest.raises(SpecError, match="yolo26n"):
            families.check(name)


@pytest.mark.parametrize(
    ("name", "imgsz", "words"),
    [
        ("yolov8n", 32, "at least 64 pixels"),
        ("yolov8n", 72, "imgsz=64"),
        ("yolov5n-p6", 64, "at least 128 pixels"),
        ("yolov5n-p6", 352, "multiple of 64"),
    ],
)
def test_sizes_that_a_model_cannot_see_are_refused(name: str, imgsz: int, words: str) -> None:
    """The sentence names a size that works."""
    with pytest.raises(SpecError, match=words):
        families.check_size(ARCHITECTURES[name], imgsz)


def test_sizes_that_fit_are_taken() -> None:
    """The least size and a multiple of the stride."""
    families.check_size(ARCHITECTURES["yolov8n"], 64)
    families.check_size(ARCHITECTURES["yolov5n-p6"], 128)


def test_the_smallest_has_nothing_under_it() -> None:
    """Out of memory, a smaller one is advised only where there is one."""
    assert not families.smaller("yolov8n")
    assert families.smaller("yolov8s")
    assert not families.smaller("yolov9t")
    assert families.smaller("yolov3")
