"""Whom to ask about what, and what planted boxes are like."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labelling.assign import Tile, choose
from pipeline.labelling.consensus import STRANGER, Skills
from pipeline.labelling.gold import APART, gold_due, planted_due, spoil
from pipeline.tracking.overlap import Box, iou

GOOD, FAIR = Skills(95, 5, 5, 95), Skills(80, 20, 20, 80)
ALWAYS, COIN = Skills(100, 0, 100, 0), Skills(50, 50, 50, 50)
CROWD = {1: GOOD, 2: GOOD, 3: GOOD, 4: FAIR, 5: FAIR, 6: ALWAYS, 7: COIN}


def tile(number: int, *said: int, pending: tuple[int, ...] = (), needed: int = 3) -> Tile:
    """A tile with these answers, negative ones no."""
    answers = {abs(one): one > 0 for one in said}
    return Tile(number, answers, frozenset(pending), needed)


def test_nobody_is_asked_twice() -> None:
    """Neither what they answered nor what lies on their open sheet."""
    tiles = [tile(10, 1), tile(11, pending=(1,)), tile(12)]
    assert choose(tiles, 1, CROWD, count=9) == [12]


def test_what_is_on_its_way_is_waited_for() -> None:
    """A tile that closes if its pending answers are the likely ones goes to nobody else."""
    tiles = [tile(10, 1, pending=(2,)), tile(11, 1, pending=(6,))]
    assert choose(tiles, 3, CROWD, count=9) == [11]
    assert choose([tile(12, pending=(1,), needed=1)], 3, CROWD, count=9) == []


def test_equals_finish_what_equals_began() -> None:
    """Good members get what a good one or two fair ones said, fair ones what a fair one did."""
    tiles = [tile(10), tile(11, 1), tile(12, 4), tile(13, 4, 5)]
    assert choose(tiles, 2, CROWD, count=2) == [13, 11]
    assert choose([tile(10), tile(11, 1), tile(12, 4)], 5, CROWD, count=9) == [12, 10, 11]


def test_equals_are_dealt_in_the_order_they_came() -> None:
    """Whoever asks has put what teaches most first."""
    assert choose([tile(n) for n in (7, 3, 9, 1)], 1, CROWD, count=3) == [7, 3, 9]


def test_members_without_insight_rest_where_the_bot_chooses() -> None:
    """A coin waits while better members have not seen the tile, and helps where they have."""
    assert choose([tile(10, 1)], 7, CROWD, count=9, wait=True) == []
    assert choose([tile(10, 1)], 7, CROWD, count=9) == [10]
    assert choose([tile(10, 1)], 7, CROWD, count=9, crowd=[1, 7], wait=True) == [10]


def test_strangers_are_tried() -> None:
    """At the beginning nobody is known, so nobody waits."""
    assert choose([tile(10)], 1, {}, count=9, wait=True) == [10]
    assert STRANGER.insight > COIN.insight


# --- gold


def test_gold_thins_out() -> None:
    """Three tiles of the first sheet, then ever fewer, half of them planted."""
    seen, at = 0, []
    for answered in range(1_000):
        if gold_due(seen, answered):
            seen += 1
            at.append(answered)
    assert [sum(n < end for n in at) for end in (9, 100, 500, 1_000)] == [3, 8, 16, 23]
    assert [planted_due(n) for n in range(4)] == [True, False, True, False]


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """A box of any size within its picture."""
    width, height = draw(st.floats(0.01, 1)), draw(st.floats(0.01, 1))
    x1, y1 = draw(st.floats(0, 1 - width)), draw(st.floats(0, 1 - height))
    return x1, y1, x1 + width, y1 + height


@given(boxes(), st.integers(0, 10_000), st.lists(boxes(), max_size=5), st.integers(1, 3))
def test_a_spoilt_box_is_wrong(box: Box, seed: int, others: list[Box], classes: int) -> None:
    """It is elsewhere in its picture, on no other object, or of another class; nothing else."""
    names = ["cat", "dog", "owl"][:classes]
    spoilt, label = spoil(box, "cat", names, random.Random(seed), others=others)
    assert label in names
    assert all(0 <= value <= 1 + 1e-9 for value in spoilt)
    if label != "cat":
        assert spoilt == box
    else:
        assert iou(spoilt, box) < APART
        size = (spoilt[2] - spoilt[0], box[2] - box[0])
        assert size[0] == pytest.approx(size[1]) or size[0] == pytest.approx(size[1] / 2)


def test_boxes_are_spoilt_both_ways() -> None:
    """About half are moved, half are called another class."""
    rng = random.Random(4)
    labels = [spoil((0.4, 0.4, 0.5, 0.5), "cat", ["cat", "dog"], rng)[1] for _ in range(200)]
    assert 70 < labels.count("dog") < 130
