"""What people call a thing, and what a model calls it."""

import pytest

from pipeline.labelling.names import match_classes

COCO = ["person", "bicycle", "car", "cell phone", "mouse", "wine glass", "knife", "cat", "bus"]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("Cat", "cat"),
        ("cats", "cat"),
        ("bikes", "bicycle"),
        ("people", "person"),
        ("Wine-Glasses", "wine glass"),
        ("wine_glass", "wine glass"),
        ("knives", "knife"),
        ("buses", "bus"),
        ("phone", "cell phone"),
        ("mice", "mouse"),
    ],
)
def test_everyday_words_find_their_class(word: str, known: str) -> None:
    """Case, plural, hyphens and a few everyday words are understood; the asker's word stays."""
    assert match_classes([word], COCO) == {COCO.index(known): word}


def test_unknown_words_find_nothing() -> None:
    """A name the model never learned is left out."""
    assert match_classes(["Murka", "s", ""], COCO) == {}


def test_an_exact_name_wins() -> None:
    """Where both are classes, singular and plural stay apart."""
    assert match_classes(["cats", "cat"], ["cat", "cats"]) == {1: "cats", 0: "cat"}
