"""Boxes of several drawers become one box an object."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labelling.merge import Drawn, merge

CAT = (0.1, 0.1, 0.4, 0.5)
DOG = (0.6, 0.2, 0.9, 0.8)


def near(box: tuple[float, float, float, float], by: float) -> tuple[float, float, float, float]:
    """The box, moved a little."""
    return (box[0] + by, box[1] + by, box[2] + by, box[3] + by)


def test_corners_are_medians_and_classes_are_voted() -> None:
    """Three people's boxes of one object make one box that a careless one hardly moves."""
    found = merge(
        {
            "ann": [Drawn(CAT, "cat")],
            "ben": [Drawn(near(CAT, 0.01), "cat")],
            "cleo": [Drawn(near(CAT, 0.06), "dog")],
        }
    )
    assert len(found) == 1
    assert found[0].box == pytest.approx(near(CAT, 0.01))
    assert found[0].label == "cat"
    assert found[0].members == {"ann": 0, "ben": 0, "cleo": 0}
    assert 0.8 < found[0].agreement < 1


def test_what_one_person_saw_alone_stays_a_box() -> None:
    """A box without a partner is a cluster of one."""
    found = merge({1: [Drawn(DOG, "dog"), Drawn(CAT, "cat")], 2: [Drawn(near(CAT, 0.02), "cat")]})
    assert [(cluster.label, dict(cluster.members)) for cluster in found] == [
        ("cat", {1: 1, 2: 0}),
        ("dog", {1: 0}),
    ]
    assert found[1].agreement == pytest.approx(1)


def test_one_persons_boxes_are_never_one_object() -> None:
    """Two boxes of one person that overlap stay apart, each with its nearest partner."""
    found = merge(
        {
            1: [Drawn(CAT, "cat"), Drawn(near(CAT, 0.05), "cat")],
            2: [Drawn(near(CAT, 0.055), "cat"), Drawn(near(CAT, 0.005), "cat")],
        }
    )
    assert [dict(cluster.members) for cluster in found] == [{1: 0, 2: 1}, {1: 1, 2: 0}]


def test_a_tie_of_classes_is_nobodys() -> None:
    """One says cat, one dog: no class; a box without a class takes part without a vote."""
    two = merge({1: [Drawn(CAT, "cat")], 2: [Drawn(CAT, "dog")]})
    three = merge({1: [Drawn(CAT, "cat")], 2: [Drawn(CAT, "dog")], 3: [Drawn(CAT)], 4: []})
    assert [cluster.label for cluster in two + three] == ["", ""]
    assert merge({1: [Drawn(CAT)], 2: [Drawn(CAT, "dog")]})[0].label == "dog"
    assert merge({}) == []


def test_equally_near_boxes_join_by_class() -> None:
    """A rider and a horse in one place: each finds its own class."""
    found = merge(
        {
            1: [Drawn(CAT, "horse"), Drawn(CAT, "rider")],
            2: [Drawn(CAT, "rider"), Drawn(CAT, "horse")],
        }
    )
    assert sorted(cluster.label for cluster in found) == ["horse", "rider"]


corner = st.floats(0, 0.7).map(lambda value: round(value, 2))
drawn = st.builds(
    lambda x, y, w, h, label: Drawn((x, y, x + w, y + h), label),
    corner,
    corner,
    st.floats(0.05, 0.3),
    st.floats(0.05, 0.3),
    st.sampled_from(["cat", "dog", ""]),
)


@given(st.dictionaries(st.integers(1, 5), st.lists(drawn, max_size=4), max_size=5), st.randoms())
def test_every_box_is_in_one_cluster_whatever_the_order(
    boxes: dict[int, list[Drawn]], chance: random.Random
) -> None:
    """Each box is used once, a person at most once a cluster, and the drawers' order is nothing."""
    found = merge(boxes)
    used = [(who, place) for cluster in found for who, place in cluster.members.items()]
    assert sorted(used) == [
        (who, place) for who in sorted(boxes) for place in range(len(boxes[who]))
    ]
    shuffled = list(boxes.items())
    chance.shuffle(shuffled)
    again = merge(dict(shuffled))
    assert sorted(cluster.box for cluster in again) == sorted(cluster.box for cluster in found)
