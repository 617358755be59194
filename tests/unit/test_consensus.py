"""How votes weigh, when they are enough, and how members are learned."""

import math
import random
import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labelling.consensus import (
    PRICE,
    Skills,
    most,
    posterior,
    promise,
    settle,
    worth,
)
from pipeline.labelling.skill import estimate, learned

GOOD = Skills(95, 5, 5, 95)
FAIR = Skills(80, 20, 20, 80)
ALWAYS = Skills(100, 0, 100, 0)
COIN = Skills(50, 50, 50, 50)
CROWD = {1: GOOD, 2: GOOD, 3: GOOD, 4: FAIR, 5: FAIR, 6: ALWAYS, 7: COIN}

skills = st.builds(Skills, *[st.floats(0, 1e4)] * 4)
chances = st.floats(0, 1)


def settled(*said: int, needed: int = 3, crowd: Mapping[int, Skills] = CROWD) -> bool | None:
    """The decision after these members said yes, or no where the number is negative."""
    return settle({abs(one): one > 0 for one in said}, crowd, needed=needed)[0]


# --- what votes weigh


def test_a_yes_of_one_who_always_says_yes_weighs_nothing() -> None:
    """Such a vote moves the probability by less than a hundredth; a good one's moves it far."""
    assert posterior({6: True}, CROWD) == pytest.approx(0.5, abs=0.01)
    assert posterior({1: True}, CROWD) > 0.9


def test_a_no_of_one_who_hardly_says_no_weighs_much() -> None:
    """Both sides are known apart: who always says yes but where it is clearly wrong is heard."""
    hardly = Skills(yes_yes=500, yes_no=0, no_yes=400, no_no=100)
    assert posterior({1: False}, {1: hardly}) < 0.1
    assert posterior({1: True}, {1: hardly}) < 0.6


@given(
    st.dictionaries(st.integers(1, 9), st.booleans()), st.dictionaries(st.integers(1, 9), skills)
)
def test_a_probability_is_never_certain(answers: dict[int, bool], known: dict[int, Skills]) -> None:
    """Whatever was counted, there are odds to go on from."""
    assert 0 < posterior(answers, known) < 1


def test_what_is_likely_before_counts() -> None:
    """Where one box in ten is right, one good yes does not settle it."""
    assert posterior({1: True}, CROWD, prior=0.1) == pytest.approx(0.66, abs=0.05)


# --- when they are enough


@pytest.mark.parametrize(
    ("said", "decided"),
    [
        ((), None),
        ((1, 2), None),
        ((1, 2, 3), True),
        ((-1, -2, -3), False),
        ((1, 2, -3), None),
        ((1, 2, -3, 4), True),
        ((1, 2, -3, -4, -5), False),
    ],
)
def test_strangers_decide_by_the_head(said: tuple[int, ...], decided: bool | None) -> None:
    """Until anything is known of them, the first side with as many votes as needed has it."""
    assert settled(*said, crowd={}) is decided


def test_two_good_members_are_enough_of_three() -> None:
    """A tile closes early when those who agree are known to be right."""
    assert settled(1, 2) is True
    assert settled(-1, -2) is False


def test_one_good_member_is_not() -> None:
    """However sure somebody is, a second pair of eyes looks where the group wanted more."""
    best = Skills(10_000, 1, 1, 10_000)
    assert settled(1, crowd={1: best, 2: best}) is None
    assert settled(1, 2, crowd={1: best, 2: best}) is True


def test_those_who_do_not_look_close_nothing() -> None:
    """A rubber stamp and a coin agree with a good member: the tile stays open."""
    assert settled(1, 6, 7) is None


def test_a_split_tile_stays_open_past_the_votes_needed() -> None:
    """Two good members disagree and a fair one cannot settle it: another good one is asked."""
    assert settled(1, -2, 4) is None
    assert settled(1, -2, 4, 3) is True


def test_a_tile_that_nobody_left_can_turn_is_closed() -> None:
    """Good members said two to one; the fair ones left could not outweigh them."""
    assert settled(1, 2, -3) is True


def test_it_is_closed_as_it_is_when_everybody_has_answered() -> None:
    """With nobody left to ask, waiting helps no one."""
    three = {1: GOOD, 2: FAIR, 3: FAIR}
    assert settled(-1, 2, 3, crowd=three) is False
    assert settled(-1, 2, 3, crowd=three | {4: GOOD}) is None


def test_whom_to_count_on_can_be_said() -> None:
    """A good member who is away for long keeps no tile open."""
    answers = {1: True, 2: False, 4: True}
    assert settle(answers, CROWD, needed=3)[0] is None
    assert settle(answers, CROWD, needed=3, crowd=[1, 2, 4])[0] is True


@given(
    st.dictionaries(st.integers(1, 40), st.booleans(), min_size=12),
    st.dictionaries(st.integers(1, 40), skills),
)
def test_every_tile_is_decided_in_the_end(
    answers: dict[int, bool], known: dict[int, Skills]
) -> None:
    """Twelve votes decide where three are wanted, however split they are."""
    assert most(3) == 12
    assert settle(answers, known, needed=3)[0] is not None


def test_one_vote_decides_where_one_is_needed() -> None:
    """Further votes are counted then, and a tie is not decided for the tile."""
    assert settled(7, needed=1) is True
    assert settled(-6, needed=1) is False
    assert settled(1, -7, needed=1) is False
    assert settled(needed=1) is None


# --- what asking is worth


@given(chances, skills)
def test_an_answer_tells_at_most_a_bit(p_yes: float, skill: Skills) -> None:
    """No answer tells less than nothing, nor more than what is unknown."""
    assert 0 <= worth(p_yes, skill) <= 1


def test_the_best_tell_most_where_it_is_open() -> None:
    """Good members tell more than fair ones, and coins and rubber stamps as good as nothing."""
    assert GOOD.insight > 2 * FAIR.insight > 0.4
    assert max(ALWAYS.insight, COIN.insight) < 0.02
    assert worth(0.5, GOOD) > worth(0.9, GOOD) > worth(0.999, GOOD)


def test_two_answers_may_promise_what_one_cannot() -> None:
    """One more fair voice turns nothing against a good one; two good ones would."""
    assert promise(0.95, [FAIR]) == 0
    assert promise(0.95, [GOOD, GOOD]) > PRICE
    assert promise(0.95, []) == 0


# --- how members are learned


def crowd_votes(tiles: int, seed: int) -> tuple[dict[int, dict[int, bool]], dict[int, bool]]:
    """Everybody of CROWD on every tile, and what the tiles are."""
    rng = random.Random(seed)
    truth = {tile: rng.random() < 0.5 for tile in range(tiles)}
    votes = {
        tile: {
            member: rng.random() < (skill.hits if yes else 1 - skill.catches)
            for member, skill in CROWD.items()
        }
        for tile, yes in truth.items()
    }
    return votes, truth


def test_skills_are_found_without_gold() -> None:
    """Agreement alone tells the good from the fair, from the rubber stamp and from the coin."""
    votes, _ = crowd_votes(600, seed=1)
    found = estimate(votes, {})
    for member, skill in CROWD.items():
        assert found[member].hits == pytest.approx(skill.hits, abs=0.06)
        assert found[member].catches == pytest.approx(skill.catches, abs=0.06)


def test_the_same_votes_give_the_same_skills() -> None:
    """Weighing again changes nothing, in whatever order the votes are read."""
    votes, truth = crowd_votes(60, seed=2)
    gold = {tile: truth[tile] for tile in range(10)}
    backwards = {tile: dict(reversed(row.items())) for tile, row in reversed(votes.items())}
    once, again = estimate(votes, gold), estimate(backwards, gold)
    assert once.keys() == again.keys()
    for member, skill in once.items():
        assert again[member].hits == pytest.approx(skill.hits, abs=1e-9)


def test_gold_shows_at_once_who_does_not_look() -> None:
    """Three planted boxes called right are enough to weigh a rubber stamp's yes for little."""
    found = estimate({tile: {6: True} for tile in range(6)}, {n: n % 2 == 0 for n in range(6)})
    assert found[6] == Skills(yes_yes=3, yes_no=0, no_yes=3, no_no=0)
    assert posterior({6: True}, found) < 0.65 < posterior({1: True}, found)
    assert found[6].agreement == 0.5


def test_a_tile_that_one_member_answered_says_nothing_of_them() -> None:
    """Nobody confirms themselves."""
    assert estimate({1: {1: True}, 2: {1: False}}, {}) == {}


def test_ten_thousand_votes_are_learned_from_in_a_second() -> None:
    """Fifty members, four on each tile: hardly a pattern comes twice."""
    rng = random.Random(3)
    votes = {
        tile: {member: rng.random() < 0.6 for member in rng.sample(range(50), 4)}
        for tile in range(2_500)
    }
    began = time.process_time()
    estimate(votes, {})
    assert time.process_time() - began < 1


@given(skills, st.booleans(), chances)
def test_one_more_answer_is_one_more_count(skill: Skills, answer: bool, p_yes: float) -> None:
    """An answer adds one to what was seen, on the side of what was said."""
    after = learned(skill, answer, p_yes)
    assert math.isclose(after.seen, skill.seen + 1)
    if answer:
        assert (after.yes_no, after.no_no) == (skill.yes_no, skill.no_no)
