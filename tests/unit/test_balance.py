"""What is said of classes with few boxes, and how many empty pictures stay."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline import balance


def test_a_class_with_far_fewer_boxes_is_told() -> None:
    """The blood-cell set's own figures: one cell has eleven, another twelve times fewer boxes."""
    notes = balance.advice({"RBC": 4155, "WBC": 372, "Platelets": 361}, ["RBC", "WBC", "Platelets"])
    assert notes == [
        "Platelets (12 times) and WBC (11 times) have far fewer boxes than RBC: add some."
    ]
    one = balance.advice({"RBC": 4155, "WBC": 350}, ["RBC", "WBC"])
    assert one == ["WBC has 12 times fewer boxes than RBC: add some."]
    assert balance.advice({"a": 99, "b": 10}, ["a", "b"]) == []


def test_a_class_without_a_box_is_told() -> None:
    """What the project looks for and nobody labelled; nothing at all is said elsewhere."""
    assert balance.advice({"a": 3}, ["a", "b", "c"]) == ["There is no box of b or c yet: add some."]
    assert balance.advice({}, ["a", "b"]) == []


def test_many_classes_are_counted() -> None:
    """Three are named, of the others how many."""
    many = {f"c{number}": 1 for number in range(9)}
    [note] = balance.advice({"cat": 100, **many}, ["cat", *many])
    assert note.endswith("c2 (100 times) and 6 more have far fewer boxes than cat: add some.")


@given(st.sets(st.text(alphabet="0123456789abcdef", min_size=4, max_size=8)), st.integers(0, 300))
def test_at_most_a_tenth_is_empty(shas: set[str], boxed: int) -> None:
    """As many as fit into a tenth, and whoever stays does so when more come."""
    kept = balance.kept_empty(shas, boxed)
    assert kept <= shas
    assert len(kept) * 10 <= len(kept) + boxed
    assert len(kept) == len(shas) or (len(kept) + 1) * 10 > len(kept) + 1 + boxed
    assert kept <= balance.kept_empty(shas, boxed + 9)
