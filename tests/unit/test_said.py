"""Words beside a drawing: classes, and cells of the lettered grid."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.labelling.cells import NoSuchCell, closer, coarse
from pipeline.labelling.said import Entry, NoCells, UnknownClass, class_meant, entries, names_cells

GRID = coarse(0.75)
PETS = ["cat", "dog"]


@pytest.mark.parametrize(
    ("classes", "words", "meant"),
    [
        (["cat"], "", "cat"),
        (["cat"], "🙂 !", "cat"),
        (["cat"], "the cats", "cat"),
        (PETS, "", ""),
        (PETS, " Dog ", "dog"),
        (PETS, "two dogs here", "dog"),
        (["red cat", "cat"], "Red cat", "red cat"),
        (["traffic light", "car"], "traffic lights", "traffic light"),
        (["Мурка", "пёс"], "мурка", "Мурка"),
    ],
)
def test_the_class_meant(classes: list[str], words: str, meant: str) -> None:
    """The only class, or the one that the words name, in whatever number; else nobody knows."""
    assert class_meant(classes, words) == meant


@pytest.mark.parametrize(
    ("classes", "words", "told"),
    [
        (PETS, "hippo", "“hippo”. The classes here are cat and dog."),
        (["cat"], "dog", "“dog”. The only class here is cat."),
        (PETS, "cat and dog", "Name one class"),
        ([f"c{n}" for n in range(20)], "x" * 200, "c7 and 12 more."),
    ],
)
def test_unknown_classes_are_told(classes: list[str], words: str, told: str) -> None:
    """Words that name no class, or two, are answered with one short sentence naming them."""
    with pytest.raises(UnknownClass) as refusal:
        class_meant(classes, words)
    assert told in refusal.value.user_message
    assert len(refusal.value.user_message) < 200


@pytest.mark.parametrize(
    "words", ["cat B2-D4", "b2 d4 cat", "CAT: B2 – D4", "cat b2 to d4", "cat D4..B2", "cats B2:D4"]
)
def test_cells_are_read_as_people_write_them(words: str) -> None:
    """Class before or after, any dash, any case, any opposite corners."""
    found = entries(words, PETS, GRID)
    assert len(found) == 1
    assert GRID.around(found[0].one, found[0].other) == GRID.around((1, 1), (3, 3))
    assert found[0].label == "cat"


def test_several_boxes_in_one_message() -> None:
    """Lines and commas part them; one cell alone is a small box; a class may look like a cell."""
    assert entries("cat A1-B2, dog C3\nD4-E5", PETS, GRID) == [
        Entry((0, 0), (1, 1), "cat"),
        Entry((2, 2), (2, 2), "dog"),
        Entry((3, 3), (4, 4), ""),
    ]
    assert entries("B2 C3-D4", ["B2", "C1"], GRID) == [Entry((2, 2), (3, 3), "B2")]
    assert entries("C3-D4", ["cat"], GRID)[0].label == "cat"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("cat B2-Z9", NoSuchCell),
        ("cat B2-B12", NoSuchCell),
        ("hippo B2-C3", UnknownClass),
        ("cat", NoCells),
        ("", NoCells),
        (",".join(["A1"] * 99), NoCells),
        ("A1-B2, what a day", NoCells),
    ],
)
def test_what_makes_no_box_is_refused(words: str, error: type[UserError]) -> None:
    """A cell that is not there, an unknown class, no cells at all: one sentence each."""
    with pytest.raises(error) as refusal:
        entries(words, PETS, GRID)
    assert len(refusal.value.user_message) < 120


def test_talk_is_not_taken_for_cells() -> None:
    """Without a reply only words that plainly name two cells mean a box."""
    assert names_cells("cat B2-D4, A1 - A2")
    assert not names_cells("see you at 5")
    assert not names_cells("B2")
    assert not names_cells("")


@given(st.text(max_size=60))
def test_any_words_end_in_boxes_or_a_sentence(words: str) -> None:
    """Nothing that people write breaks the reading."""
    with suppress(UserError):
        assert entries(words, PETS, closer((0.2, 0.2, 0.6, 0.6), 0.75))
