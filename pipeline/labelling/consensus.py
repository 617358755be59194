"""How several people's yes and no become one answer: a weighted vote, and when it is enough.

Each member answers like a coin of two sides, one for each truth (A. P. Dawid and A. M. Skene,
"Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", Journal of the
Royal Statistical Society C 28, 1979): whoever says yes to everything says nothing with a yes, and
their vote weighs nothing without anybody having to be told. How the sides are learned: skill.py.

Yes is whatever the question asks for: on a box, that it is right. Why it is done like this, with
figures: docs/discussion/consensus.md.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from math import exp, log, log2

BAR = 0.995
"""A tile closes at this confidence. Tuned, as the next two, on the crowd of bench/crowd.py."""

PRICE = 0.002
"""Wrong tiles that one more vote has to prevent, on average, to be worth asking for."""

AHEAD = 4
"""Members whose answers are thought of together when that is judged."""

LEAST = 2
"""However good somebody is: where a group wants more than one vote, two people look."""

KNOWN = 8.0
"""Answers with a known truth after which a member's skill says more than the head count."""

HIT, MISS = 3.0, 1.0
"""What is believed of a stranger: right in three of four, on either side."""


@dataclass(frozen=True)
class Skills:
    """How often a member said what, by the truth: soft counts, without the prior.

    `yes_yes`: said yes where yes is true; `yes_no`: said no where yes is true; `no_yes` and
    `no_no` likewise where no is true.
    """

    yes_yes: float = 0.0
    yes_no: float = 0.0
    no_yes: float = 0.0
    no_no: float = 0.0

    @cached_property
    def hits(self) -> float:
        """Probability of a yes where yes is true, within 0..1."""
        return (self.yes_yes + HIT) / (self.yes_yes + self.yes_no + HIT + MISS)

    @cached_property
    def catches(self) -> float:
        """Probability of a no where no is true, within 0..1."""
        return (self.no_no + HIT) / (self.no_no + self.no_yes + HIT + MISS)

    @property
    def seen(self) -> float:
        """Answers behind this."""
        return self.yes_yes + self.yes_no + self.no_yes + self.no_no

    @property
    def agreement(self) -> float | None:
        """Share of the answers that were true, 0..1; None without any."""
        return (self.yes_yes + self.no_no) / self.seen if self.seen else None

    @cached_property
    def insight(self) -> float:
        """Bits that an answer tells about a tile of which nothing is known, 0..1."""
        return worth(0.5, self)

    @cached_property
    def weights(self) -> tuple[float, float]:
        """What a no and a yes of theirs add to the log odds of yes."""
        no = log((1 - self.hits) / self.catches)
        return no, log(self.hits / (1 - self.catches))


STRANGER = Skills()


def log_odds(p: float) -> float:
    """The log odds of a probability strictly within 0..1."""
    return log(p / (1 - p))


def posterior(
    answers: Mapping[int, bool], skills: Mapping[int, Skills], *, prior: float = 0.5
) -> float:
    """Probability of yes, strictly within 0..1, from members' answers.

    Whoever is not in `skills` is a stranger. `prior`: how often yes is true before anybody looked.
    """
    odds = log_odds(prior)
    for member, answer in answers.items():
        odds += skills.get(member, STRANGER).weights[answer]
    # Beyond this a probability is 1 in floating point, and has no odds any more.
    return 1 / (1 + exp(-max(-30.0, min(30.0, odds))))


def settle(
    answers: Mapping[int, bool],
    skills: Mapping[int, Skills],
    *,
    needed: int,
    prior: float = 0.5,
    crowd: Collection[int] | None = None,
) -> tuple[bool | None, float]:
    """What the answers decide (None while the tile is open), and the probability of yes.

    One vote decides where one is `needed`; more are counted, and a tie is a no. Else, while little
    is known of those who answered, the first side with `needed` votes has it. With knowledge the
    confidence decides, be it with fewer votes or more; at `needed` votes a tile is also closed when
    nobody left could be expected to change it, and at `most(needed)` in any case.

    Args:
        crowd: members who may still be asked; None: everybody in `skills`.
    """
    sure = posterior(answers, skills, prior=prior)
    count, yes = len(answers), sum(answers.values())
    if needed <= 1:
        return (2 * yes > count if answers else None), sure
    if count >= most(needed):
        return sure > 0.5, sure
    if _strangers(answers, skills):
        return (yes >= needed if max(yes, count - yes) >= needed else None), sure
    if count >= LEAST and max(sure, 1 - sure) >= BAR:
        return sure > 0.5, sure
    if count >= needed:
        members = skills.keys() if crowd is None else crowd
        left = (skills.get(member, STRANGER) for member in members if member not in answers)
        if promise(sure, left) < PRICE:
            return sure > 0.5, sure
    return None, sure


def most(needed: int) -> int:
    """Votes after which a tile is decided, however split: it may be a matter of taste.

    Half as many would cost a large crowd: of twelve members, 1.4 points of accuracy.
    """
    return 4 * needed


def worth(p_yes: float, skill: Skills) -> float:
    """Bits that this member's answer is expected to tell about a tile of probability `p_yes`.

    The mutual information of the answer and the truth: 0 for whoever answers the same whatever is
    shown, 0 on a tile that is certain, at most 1.
    """
    yes = p_yes * skill.hits + (1 - p_yes) * (1 - skill.catches)
    told = _bits(yes) - p_yes * _bits(skill.hits) - (1 - p_yes) * _bits(skill.catches)
    return max(0.0, told)


def promise(p_yes: float, left: Iterable[Skills]) -> float:
    """Errors prevented a vote, at best, if the most telling of those `left` were asked.

    Looks some answers ahead, since a single one often cannot turn a tile that two could.
    """
    now, best = min(p_yes, 1 - p_yes), 0.0
    # What may have been said by then: its probability together with either truth.
    paths = [(p_yes, 1 - p_yes)]
    for asked, skill in enumerate(nlargest(AHEAD, left, key=lambda one: one.insight), start=1):
        hits, catches = skill.hits, skill.catches
        paths = [
            path
            for yes, no in paths
            for path in ((yes * hits, no * (1 - catches)), (yes * (1 - hits), no * catches))
        ]
        best = max(best, (now - sum(min(path) for path in paths)) / asked)
    return best


def _strangers(answers: Mapping[int, bool], skills: Mapping[int, Skills]) -> bool:
    return sum(skills.get(member, STRANGER).seen for member in answers) < KNOWN * len(answers)


def _bits(p: float) -> float:
    """The entropy of a coin, 0..1."""
    return 0.0 if p <= 0 or p >= 1 else -p * log2(p) - (1 - p) * log2(1 - p)
