"""Versions side by side, and one that comes again."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from pipeline import dataset, versions
from pipeline.kinds.places import Places
from storage import datasets, sources
from tests.support.project import make_image, make_project, make_source


def manifest(classes: list[str], **images: tuple[str, list[list[float]]]) -> dict[str, Any]:
    """Pictures by sha256, each with its part and boxes."""
    return {
        "classes": classes,
        "images": [
            {"sha256": sha, "part": part, "boxes": boxes} for sha, (part, boxes) in images.items()
        ],
    }


CAT, DOG = [0, 0.1, 0.1, 0.2, 0.2], [1, 0.1, 0.1, 0.2, 0.2]


def test_what_changed_is_counted_in_pictures() -> None:
    """New ones, those that are gone, those with other boxes, those in another part."""
    old = manifest(["cat", "dog"], a=("train", [CAT]), b=("val", [CAT]), c=("test", []))
    new = manifest(["cat", "dog"], b=("val", [DOG]), c=("train", []), d=("train", [CAT, DOG]))
    found = versions.compare(old, new)
    assert (found.added, found.removed, found.relabelled, found.moved) == (1, 1, 1, 1)
    assert found.boxes == {"cat": (2, 1), "dog": (0, 2)}
    assert not found.same


def test_a_class_is_known_by_its_name() -> None:
    """Classes in another order, or one more without a box, change no picture."""
    old = manifest(["cat", "dog"], a=("train", [CAT, DOG]))
    new = manifest(["bird", "dog", "cat"], a=("train", [[2, *CAT[1:]], DOG]))
    found = versions.compare(old, new)
    assert found.same
    assert found.boxes == {"bird": (0, 0), "dog": (1, 1), "cat": (1, 1)}


def test_a_class_that_is_gone_is_told() -> None:
    """Its boxes went from some to none."""
    old = manifest(["cat", "dog"], a=("train", [CAT, DOG]))
    found = versions.compare(old, manifest(["cat"], a=("train", [CAT])))
    assert found.boxes == {"cat": (1, 1), "dog": (1, 0)}
    assert found.relabelled == 1


SHAS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.sampled_from(["train", "val"]), st.lists(st.sampled_from([CAT, DOG]))),
)


@given(SHAS, SHAS)
def test_backwards_is_the_reverse(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What came in one direction went in the other, and nothing differs from itself."""
    first, second = manifest(["cat", "dog"], **one), manifest(["cat", "dog"], **other)
    there, back = versions.compare(first, second), versions.compare(second, first)
    assert (there.added, there.removed) == (back.removed, back.added)
    assert (there.relabelled, there.moved) == (back.relabelled, back.moved)
    assert {name: numbers[::-1] for name, numbers in there.boxes.items()} == back.boxes
    assert versions.compare(first, first).same


def test_a_restored_version_says_what_was_taken_out_since(session: Session, places: Places) -> None:
    """It comes back whole; pictures of sources that are out or paused by now are counted."""
    project = make_project(session, "cat")
    stays, goes, waits = (make_source(session, project, trust="yes") for _ in range(3))
    for source, number in ((stays, 60), (goes, 3), (waits, 2)):
        for _ in range(number):
            make_image(session, source, boxes=1)
    version = dataset.build(project, files=places.files, session=session)
    sources.remove(goes, session=session)
    sources.pause(waits, session=session)
    session.flush()
    assert dataset.build(project, files=places.files, session=session).id != version.id
    assert versions.restore(project, version, files=places.files, session=session) == 5
    taken = dataset.next_for(project, files=places.files, session=session)
    assert taken.id == version.id
    assert len(datasets.read(taken, files=places.files)["images"]) == 65
    versions.release(project, session=session)
    now = dataset.next_for(project, files=places.files, session=session)
    assert now.summary["images"] == 60
