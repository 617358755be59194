"""Where a model errs, and what is advised."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline import advice
from pipeline.jobs.spec import ClassFigures, Confusion, Figures
from pipeline.worker import errs, worst
from pipeline.worker.data import Manifest, ManifestImage, Materialised
from pipeline.worker.detect import Found

LEFT, RIGHT = (0.1, 0.1, 0.3, 0.3), (0.6, 0.6, 0.9, 0.9)


def image(number: int, *rows: tuple[int, tuple[float, ...]], group: str = "") -> ManifestImage:
    """A picture with boxes."""
    boxes = [[index, *xyxy] for index, xyxy in rows]
    return ManifestImage.model_validate(
        {"id": number, "key": "a.jpg", "part": "test", "group": group, "boxes": boxes}
    )


def found(index: int, xyxy: tuple[float, ...], score: float = 0.5) -> Found:
    """A box that a model found."""
    return index, score, (xyxy[0], xyxy[1], xyxy[2], xyxy[3])


@pytest.mark.parametrize(
    ("boxes", "missed", "false", "taken"),
    [
        ([(0, LEFT), (1, RIGHT)], [], [], []),
        ([(0, LEFT)], [1], [], []),
        ([(0, LEFT), (1, RIGHT), (1, RIGHT)], [], [2], []),
        ([(0, LEFT), (0, RIGHT)], [], [], [(1, 1)]),
        ([(0, (0.4, 0.1, 0.5, 0.2))], [0, 1], [0], []),
        ([], [0, 1], [], []),
        # The right class wins, though the wrong one was surer.
        ([(1, LEFT), (0, LEFT), (1, RIGHT)], [], [0], []),
    ],
)
def test_objects_and_what_was_found(
    boxes: list[tuple[int, tuple[float, ...]]],
    missed: list[int],
    false: list[int],
    taken: list[tuple[int, int]],
) -> None:
    """Each object is found, taken for another class, or missed; what is left over is false."""
    one = errs.compare(image(1, (0, LEFT), (1, RIGHT)), [found(*box) for box in boxes])
    assert (one.missed, one.false, one.taken) == (missed, false, taken)
    assert one.errors == len(missed) + len(false) + len(taken)


def test_a_confusion_has_to_come_often() -> None:
    """Once is chance; of two others the more frequent is told."""
    right = errs.compare(image(1, (0, LEFT)), [found(0, LEFT)])
    as_dog = errs.compare(image(2, (0, LEFT)), [found(1, LEFT)])
    as_cow = errs.compare(image(3, (0, LEFT)), [found(2, LEFT)])
    labels = ["cat", "dog", "cow"]
    assert errs.confusions([right, as_dog, as_cow], labels) == []
    [told] = errs.confusions([right, as_cow, as_dog, as_dog], labels)
    assert told == Confusion(label="cat", taken_for="dog", times=2, boxes=4)
    assert errs.confusions([right] * 20 + [as_dog] * 2, labels) == []


def test_the_worst_pictures_come_from_different_films() -> None:
    """Frames of one film err alike: the worst of each comes first."""
    ones = [
        errs.compare(image(number, (0, LEFT), group=group), [])
        for number, group in enumerate("aabc")
    ]
    assert [one.image.id for one in worst.choose(ones)] == [0, 2, 3]
    assert [one.image.id for one in worst.choose(ones[:2])] == [0, 1]


def test_the_picture_shows_people_beside_the_model(tmp_path: Path) -> None:
    """A JPEG that a chat takes; red where one of the two is wrong; none without an error."""
    Image.new("RGB", (400, 300), (90, 120, 90)).save(tmp_path / "1.png")
    classes = ["cat", "<b>dög"]
    one = errs.compare(image(1, (0, LEFT), (1, RIGHT)), [found(0, RIGHT), found(0, (0, 0, 1, 1))])
    manifest = Manifest.model_validate({"classes": classes, "images": [one.image.model_dump()]})
    data = Materialised(tmp_path, manifest, {1: tmp_path / "1.png"})
    target = worst.draw_worst(errs.Erring([one], []), data, tmp_path / "errs.jpg")
    assert target is not None
    with Image.open(target) as drawn:
        assert drawn.format == "JPEG"
        assert sum(drawn.size) < 10_000
        pixels = drawn.convert("RGB")
        half = pixels.width // 2
        for left, right in ((0, half), (half, pixels.width)):
            side = pixels.crop((left, 200, right, pixels.height))
            colours = side.getcolors(1 << 24) or []
            red = sum(n for n, rgb in colours if rgb[0] > 200 and rgb[1] < 90 and rgb[2] < 90)
            assert red > 100
    assert worst.said(one) == "1 missed, 1 false, 1 taken for another"
    assert worst.draw_worst(errs.Erring([], []), data, tmp_path / "none.jpg") is None


def row(label: str, **changes: Any) -> ClassFigures:
    """A class that is found fairly badly."""
    fields = {"images": 9, "boxes": 20, "precision": 0.9, "recall": 0.9}
    fields |= {"map50": 0.5, "map50_95": 0.3}
    return ClassFigures.model_validate({"label": label} | fields | changes)


def judged(*rows: ClassFigures) -> Figures:
    """Figures of these classes."""
    return Figures(
        part="val",
        images=9,
        boxes=20,
        precision=0.9,
        recall=0.9,
        map50=0.5,
        map50_95=0.3,
        classes=list(rows),
    )


CONFUSED = Confusion(label="WBC", taken_for="Platelets", times=4, boxes=10)


@pytest.mark.parametrize(
    ("figures", "boxes", "confusions", "words"),
    [
        (row("WBC"), 30, [], ["WBC: 30 boxes only; label 70 more."]),
        (row("WBC"), 1, [], ["WBC: 1 box only; label 100 more."]),
        (
            row("WBC"),
            300,
            [CONFUSED],
            ["WBC: taken for Platelets 4 of 10 times; label more pictures that show both."],
        ),
        (
            row("WBC"),
            30,
            [CONFUSED],
            ["WBC: taken for Platelets 4 of 10 times; 30 boxes only; label 70 more."],
        ),
        (row("WBC", recall=0.4), 300, [], ["WBC: it misses 6 of 10; label pictures where"]),
        (row("WBC", precision=0.3), 300, [], ["WBC: 7 of 10 alarms are false; add pictures"]),
        (row("WBC"), 300, [], ["WBC: its boxes lie loosely; draw them tighter"]),
        (row("WBC", map50=0.9), 30, [], []),
    ],
)
def test_advice_names_the_likeliest_cause(
    figures: ClassFigures, boxes: int, confusions: list[Confusion], words: list[str]
) -> None:
    """Few boxes first, then confusions, misses, false alarms; nothing where all is well."""
    told = advice.advise(judged(figures), {"WBC": boxes}, confusions)
    assert len(told) == len(words)
    for sentence, start in zip(told, words, strict=True):
        assert sentence.startswith(start)


def test_the_weakest_classes_come_first() -> None:
    """Three sentences at most; a class that nobody could judge is told last."""
    rows = [row(f"c{n}", map50=0.1 * n) for n in (5, 1, 3)]
    boxes = {"c5": 9, "c1": 9, "c3": 9, "new": 4}
    told = advice.advise(judged(*rows), boxes)
    assert [sentence[:2] for sentence in told] == ["c1", "c3", "c5"]
    assert "none among the unseen pictures" in advice.advise(judged(rows[0]), boxes)[-1]
