"""Which pictures are asked about first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labelling import active
from pipeline.labelling.active import Look

SCORES = st.floats(0.01, 1.0)
LABELS = st.sampled_from(["RBC", "WBC", "Platelets"])
VECTORS = st.lists(st.floats(-1, 1), min_size=3, max_size=3)


def ranked(*looks: Look, **more: object) -> list[int]:
    """The pictures in the order of their ranks."""
    found = active.ranks(looks, **({"have": {}} | more))  # type: ignore[arg-type]  # a test's own
    return sorted(found, key=lambda image: -found[image])


def test_the_doubtful_comes_before_the_sure() -> None:
    """A box at 0.5 teaches more than one at 0.95."""
    assert ranked(Look(1, [("cat", 0.95)]), Look(2, [("cat", 0.5)])) == [2, 1]


def test_a_few_doubts_are_not_hidden_by_many_sure_boxes() -> None:
    """The most doubtful boxes speak for a picture."""
    sure = [("cat", 0.99)] * 40
    full = Look(1, [*sure, *[("cat", 0.5)] * active.DOUBTS])
    assert ranked(Look(2, sure), full) == [1, 2]


def test_the_rare_class_comes_first() -> None:
    """Of two pictures as doubtful the one with the class that has fewest boxes is asked."""
    looks = Look(1, [("RBC", 0.5)]), Look(2, [("WBC", 0.5)])
    assert ranked(*looks, have={"RBC": 900, "WBC": 20}) == [2, 1]
    assert ranked(*looks, have={"RBC": 20, "WBC": 900}) == [1, 2]


def test_the_same_picture_again_comes_last() -> None:
    """Of a film's frames one is asked, then what looks otherwise, then its neighbours."""
    still = [Look(image, [("cat", 0.5)], (1.0, 0.0)) for image in (1, 2, 3)]
    other = Look(4, [("cat", 0.6)], (0.0, 1.0))
    assert ranked(*still, other)[:2] == [1, 4]


def test_what_looks_like_the_known_comes_later() -> None:
    """A picture unlike all that is labelled already is asked first."""
    looks = Look(1, [("cat", 0.5)], (1.0, 0.0)), Look(2, [("cat", 0.5)], (0.0, 1.0))
    assert ranked(*looks, known=[(0.9, 0.1)]) == [2, 1]
    assert ranked(*looks, known=[(0.1, 0.9)]) == [1, 2]


def test_nothing_found_among_full_pictures_is_worth_a_look() -> None:
    """Where others hold boxes, a picture without any may hold what the model misses."""
    full = [Look(image, [("cat", 0.97)] * 3) for image in (1, 2, 3)]
    assert ranked(*full, Look(4, []))[0] == 4


@given(
    st.lists(st.tuples(st.lists(st.tuples(LABELS, SCORES), max_size=6), VECTORS), max_size=12),
    st.lists(VECTORS, max_size=3),
    st.dictionaries(LABELS, st.integers(0, 1000)),
)
def test_every_picture_gets_a_rank(
    seen: list[tuple[list[tuple[str, float]], list[float]]],
    known: list[list[float]],
    have: dict[str, int],
) -> None:
    """Whatever a model saw, each picture has a rank above 0 and at most 1."""
    looks = [Look(place, found, vector) for place, (found, vector) in enumerate(seen)]
    found = active.ranks(looks, have=have, known=known)
    assert set(found) == set(range(len(seen)))
    assert all(0 < rank <= 1 for rank in found.values())


@pytest.mark.parametrize(
    ("scores", "least", "most"),
    [([], 0, 0), ([0.5], 1, 1), ([0.01, 0.99], 0.01, 0.03), ([0.2, 0.5], 0.69, 0.71)],
)
def test_doubt(scores: list[float], least: float, most: float) -> None:
    """1 at a half, 0 at either end, the mean of several."""
    assert least <= active.doubt(scores) <= most


def test_classes_are_asked_in_order_of_need() -> None:
    """The class with fewest boxes first, but not for less than a sheet while another fills one."""
    have = {"RBC": 4000, "WBC": 370, "Platelets": 10}
    waiting = {"RBC": 90, "WBC": 30, "Platelets": 2, "dust": 0}
    assert active.class_order(waiting, have, full=9) == ["WBC", "RBC", "Platelets", "dust"]
    assert active.class_order({**waiting, "Platelets": 9}, have, full=9)[0] == "Platelets"
