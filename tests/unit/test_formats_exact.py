"""taptrain.json and label files: which of the two a box is taken from."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats import Labels, bundle
from pipeline.formats.exact import restore
from pipeline.jobs.part import BoxItem
from tests.support.exports import bundle as bundle_of
from tests.support.exports import picture

WIDE, HIGH = 640, 480


def restored(boxes: list[BoxItem], *told: BoxItem) -> list[BoxItem]:
    """What becomes of a label file's boxes where taptrain.json tells others."""
    made = bundle_of(picture(1, *told, width=WIDE, height=HIGH))
    labels = Labels("voc", boxes={f"x/{made.images[0].file}": boxes})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest"
        path.write_text(bundle.manifest(made, "voc"))
        restore(labels, bundle.read_manifests({"taptrain.json": path}))
    return labels.boxes[f"x/{made.images[0].file}"]


def box(x: float, *, label: str = "cat", number: int | None = None) -> BoxItem:
    """A box that begins at `x`."""
    return BoxItem(label=label, xyxy=(x, 0.25, x + 0.123456789, 0.75), id=number)


def test_a_rounded_box_is_exact_again() -> None:
    """Within half a pixel it is the one that went out; its id stays as the file has it."""
    (found,) = restored([box(0.1 + 0.49 / WIDE)], box(0.1, number=7))
    assert (found.xyxy, found.id) == (box(0.1).xyxy, None)


@pytest.mark.parametrize(
    "said",
    [box(0.1 + 0.6 / WIDE), box(0.1, label="grey dog"), box(0.4)],
    ids=["moved", "another class", "new"],
)
def test_what_was_changed_stays_so(said: BoxItem) -> None:
    """Moved by more, of another class, or new: the label file is right."""
    assert restored([said], box(0.1)) == [said]


def test_of_two_the_one_with_its_id_is_taken() -> None:
    """Boxes almost in one place are told apart by ids, else by nearness; each is taken once."""
    one, other = box(0.1, number=1), box(0.1 + 0.3 / WIDE, number=2)
    assert restored([other, one], one, other) == [other, one]
    bare = [box(0.1 + 0.29 / WIDE), box(0.1 + 0.01 / WIDE)]
    assert [found.xyxy for found in restored(bare, one, other)] == [other.xyxy, one.xyxy]
    assert [found.xyxy for found in restored([bare[1]] * 2, one)] == [one.xyxy, bare[1].xyxy]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda s: abs(s[0] - s[1]) * WIDE > 3),
        max_size=6,
    )
)
def test_whole_pixels_are_restored(sides: list[tuple[float, float]]) -> None:
    """Corners rounded to whole pixels become the exact ones that they came from."""
    told = [
        BoxItem(label="cat", xyxy=(min(side), 0.25, max(side), 0.75), id=number)
        for number, side in enumerate(sides, start=1)
    ]
    rounded = [
        one.model_copy(
            update={
                "xyxy": tuple(
                    round(v * s) / s for v, s in zip(one.xyxy, (WIDE, HIGH) * 2, strict=True)
                )
            }
        )
        for one in told
    ]
    assert restored(rounded, *told) == told
