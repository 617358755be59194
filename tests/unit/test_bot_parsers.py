"""What people write after a command, understood or refused in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import adding
from bot.handlers import projects, train
from pipeline.errors import SpecError, TaptrainError, UserError
from pipeline.families import ARCHITECTURES
from pipeline.kinds.train import MAX_EPOCHS, PRESETS


@pytest.mark.parametrize(
    ("said", "name", "classes"),
    [
        ("cat", "cat", ["cat"]),
        ("pets cat, dog", "pets", ["cat", "dog"]),
        ("pets: cat, dog", "pets", ["cat", "dog"]),
        ("our pets: cat", "our pets", ["cat"]),
        ("cat, dog", "cat", ["cat", "dog"]),
        ("cat,dog", "cat", ["cat", "dog"]),
        ("pets Cat, cat, CAT ,dog", "pets", ["Cat", "dog"]),
        ("pets  street   cat", "pets", ["street cat"]),
        ("Ёлки шар, звезда", "Ёлки", ["шар", "звезда"]),
        ("pets:", "pets", ["pets"]),
    ],
)
def test_a_project_in_one_line(said: str, name: str, classes: list[str]) -> None:
    """Name and classes come in the forms that people write them in."""
    assert projects.parse(said) == (name, classes)


@pytest.mark.parametrize("said", ["", "   ", ",", ": cat", "x" * 41, "a " + "y" * 41])
def test_a_project_without_a_usable_name(said: str) -> None:
    """Nothing, or too much, is refused with what to send instead."""
    with pytest.raises(UserError) as refusal:
        projects.parse(said)
    assert len(refusal.value.user_message) < 120


@given(st.text(max_size=300))
def test_any_words_make_a_project_or_a_sentence(said: str) -> None:
    """Whatever is written, name and classes keep their limits or a person is told why not."""
    try:
        name, classes = projects.parse(said)
    except UserError:
        return
    assert 0 < len(name) <= 40
    assert classes
    assert all(0 < len(label) <= 40 for label in classes)
    assert len({label.lower() for label in classes}) == len(classes)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("https://a.example/b.mp4", adding.Wanted("https://a.example/b.mp4", None, None, None)),
        ("a.example/b.mp4 max=20", adding.Wanted("https://a.example/b.mp4", None, 20, None)),
        ("every=0.5s max=300 trust=no", adding.Wanted("", 0.5, 300, "no")),
        ("kaggle:ann/cats", adding.Wanted("kaggle:ann/cats", None, None, None)),
        ("Kaggle road potholes max=9", adding.Wanted("kaggle road potholes", None, 9, None)),
        ("hf:ann/cats trust=yes", adding.Wanted("hf:ann/cats", None, None, "yes")),
        ("EVERY=500MS Trust=Sample", adding.Wanted("", 0.5, None, "sample")),
        ("every=2min", adding.Wanted("", 120.0, None, None)),
        ("every=3", adding.Wanted("", 3.0, None, None)),
        ("https://a.example/?max=5", adding.Wanted("https://a.example/?max=5", None, None, None)),
        (
            "https://a.example/b 10:00-12:30 newest=3",
            adding.Wanted(
                "https://a.example/b", None, None, None, newest=3, from_s=600.0, to_s=750.0
            ),
        ),
        (
            "a.example/b from=1:02:03 every=Smart",
            adding.Wanted("https://a.example/b", None, None, None, from_s=3723.0, smart=True),
        ),
        ("a.example/b to=90", adding.Wanted("https://a.example/b", None, None, None, to_s=90.0)),
        ("ytsearch5:forklift", adding.Wanted("ytsearch:forklift", None, None, None, newest=5)),
        ("ytsearch: red forklift", adding.Wanted("ytsearch:red forklift", None, None, None)),
        ("YouTube red forklift max=9", adding.Wanted("ytsearch:red forklift", None, 9, None)),
        ("youtube cats newest=2", adding.Wanted("ytsearch:cats", None, None, None, newest=2)),
        ("youtube.com/@cats", adding.Wanted("https://youtube.com/@cats", None, None, None)),
    ],
)
def test_an_add_is_understood(said: str, wanted: adding.Wanted) -> None:
    """A link and its options, in any order and case."""
    assert adding.parse(said) == wanted


@pytest.mark.parametrize(
    "said",
    [
        "every=0s",
        "every=-1s",
        "every=1h",
        "every=1e9",
        "every=",
        "max=0",
        "max=5001",
        "max=1.5",
        "max=",
        "trust=",
        "trust=always",
        "hello",
        "a.example b.example",
        "youtube",
        "ytsearch51:cats",
        "youtube " + "x" * 201,
        "a.example newest=0",
        "a.example newest=51",
        "a.example newest=all",
        "a.example 2:00-1:00",
        "a.example from=1:99",
        "a.example to=0",
        "a.example from=soon",
        "10:00-12:30",
    ],
)
def test_an_add_that_makes_no_sense(said: str) -> None:
    """Options out of range and words that are no link are refused in one sentence."""
    with pytest.raises(UserError) as refusal:
        adding.parse(said)
    assert "\n" not in refusal.value.user_message


@given(st.text(max_size=200))
def test_any_caption_is_parsed_or_refused(said: str) -> None:
    """A caption may hold anything; only what looks like an option counts."""
    try:
        wanted = adding.parse(adding.options_in(said))
    except TaptrainError:
        return
    assert wanted.what == ""


def test_a_bare_stretch_counts_beside_a_link_only() -> None:
    """Under a video two times may be when it was recorded; beside a link they say what to see."""
    said = "the race, 1:00-2:00 is best, max=9"
    assert adding.options_in(said) == "max=9"
    assert adding.options_in(said, times=True) == "max=9 1:00-2:00"


def test_a_request_holds_what_was_said() -> None:
    """What nobody said is left to the defaults of the work."""
    assert adding.parse("a.example").limits == {}
    assert adding.parse("a.example 1:00-2:00 every=smart max=9").limits == {
        "max_images": 9,
        "videos": {"from_s": 60.0, "to_s": 120.0, "smart": True},
    }


@pytest.mark.parametrize(
    ("said", "epochs", "imgsz", "model"),
    [
        ("quick", PRESETS["quick"].epochs, PRESETS["quick"].imgsz, "yolov8n"),
        ("best", PRESETS["best"].epochs, PRESETS["best"].imgsz, PRESETS["best"].architecture),
        ("balanced epochs=3", 3, PRESETS["balanced"].imgsz, "yolov8n"),
        ("epochs=1 imgsz=64", 1, 64, "yolov8n"),
        ("MODEL=YOLOv8s.pt", PRESETS["quick"].epochs, PRESETS["quick"].imgsz, "yolov8s"),
        ("best model=v11m imgsz = 96", PRESETS["best"].epochs, 96, "yolo11m"),
        ("yolo26n epochs=7 imgsz=128", 7, 128, "yolo26n"),
        ("--epochs=7 model=rt-detr-l", 7, PRESETS["quick"].imgsz, "rtdetr-l"),
    ],
)
def test_a_training_is_understood(said: str, epochs: int, imgsz: int, model: str) -> None:
    """A preset, and what is wanted otherwise."""
    choice = train.parse(said.split())
    assert choice is not None
    assert (choice.epochs, choice.imgsz, choice.architecture) == (epochs, imgsz, model)


@pytest.mark.parametrize(
    ("said", "start"),
    [
        ("quick", "coco"),
        ("start=COCO", "coco"),
        ("start=none", "none"),
        ("start=last", "last"),
        ("start=v3 model=yolo26n", "v3"),
        ("model=yolov6n", "none"),
        ("model=rtdetr-resnet50", "none"),
    ],
)
def test_a_start_is_understood(said: str, start: str) -> None:
    """COCO's weights are the usual start where there are any."""
    choice = train.parse(said.split())
    assert choice is not None
    assert choice.start == start


def test_what_is_tuned_goes_along() -> None:
    """Other words are the training library's, checked."""
    choice = train.parse(["quick", "lr0=0.005", "Mosaic=0", "patience=20", "freeze=10"])
    assert choice is not None
    assert choice.args == {
        "lr0": 0.005,
        "mosaic": 0.0,
        "patience": 20,
        "freeze": 10,
        "optimizer": "SGD",
    }


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("epochs=0", "epochs must be from 1 to 1000, for example epochs=25."),
        ("epochs=-1", "epochs must be from 1 to 1000"),
        ("epochs=1000000000", "epochs must be from 1 to 1000"),
        ("epochs=1.5", "epochs= wants a whole number, for example epochs=25."),
        ("epochs=", "epochs= wants a whole number"),
        ("imgsz=33", "imgsz must be a multiple of 32 from 64 to 1280"),
        ("imgsz=96 model=yolov5n-p6", "at least 128 pixels"),
        ("imgsz=96 multi_scale=0.5", "multi_scale=0.5 would shrink pictures under the 64 pixels"),
        ("model=yolov8z", "do you mean yolov8"),
        ("start=coco model=yolov6n", "no COCO weights of yolov6n"),
        ("start=there", "start= is coco, last, none or a model such as v3"),
        ("start=v0", "start= is coco"),
        ("device=0", "device= can't be set: this machine's own settings decide that."),
        ("quik", "do you mean quick?"),
        ("lr0", "Write lr0= and its value"),
        ("fast", "/train help"),
    ],
)
def test_a_training_that_makes_no_sense_is_one_sentence(said: str, words: str) -> None:
    """It says what is right."""
    with pytest.raises(SpecError) as told:
        train.parse(said.split())
    assert words in told.value.user_message
    assert "\n" not in told.value.user_message


def test_a_training_without_words_is_a_question() -> None:
    """`/train` alone shows the card."""
    assert train.parse([]) is None


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_any_words_make_a_training_or_a_sentence(said: list[str]) -> None:
    """Nothing outside the ranges is ever queued."""
    try:
        choice = train.parse(said)
    except SpecError:
        return
    assert choice is not None
    assert 1 <= choice.epochs <= MAX_EPOCHS
    assert choice.imgsz % 32 == 0
    assert choice.architecture in {*ARCHITECTURES, ""}


@given(st.integers(), st.integers())
def test_numbers_out_of_range_are_refused(epochs: int, imgsz: int) -> None:
    """Epochs and sizes are taken exactly where they make sense."""
    fits = 1 <= epochs <= MAX_EPOCHS and 64 <= imgsz <= 1280 and imgsz % 32 == 0
    try:
        train.parse([f"epochs={epochs}", f"imgsz={imgsz}"])
    except SpecError:
        assert not fits
    else:
        assert fits
