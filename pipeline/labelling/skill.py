"""How members answer, learned from what is known: gold tiles, and what others say of the same tile.

Plain arithmetic: ten thousand votes take well under a second. crowd-kit's own Dawid-Skene does the
same in a worker (pipeline/worker/consensus.py); here a prior keeps it calm while votes are few.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import exp

from pipeline.labelling.consensus import STRANGER, Skills, log_odds

SWEEPS = 50
CLOSE = 1e-3
"""The sweeps end when no probability moves by more."""

Pattern = tuple[tuple[int, bool], ...]
"""Who said what on a tile; tiles with the same pattern have the same probability."""


def estimate(
    votes: Mapping[int, Mapping[int, bool]],
    gold: Mapping[int, bool],
    *,
    start: Mapping[int, Skills] | None = None,
    prior: float = 0.5,
) -> dict[int, Skills]:
    """Every member's skills, from all that counts: the same votes always give the same.

    Expectation-maximisation with a prior: what a tile is follows from the members' skills, the
    skills follow from what the tiles are, in turns. A tile that one member answered says nothing
    of them; gold says it at once. A tile's probability includes the member's own vote: estimates
    without it see too few agreements where tiles close early, and sink with every sweep.

    Args:
        votes: by tile, what each member said.
        gold: what is known, by tile.
        start: skills to begin from, such as the last estimate: a few sweeps then do.
    """
    known: dict[int, list[float]] = {}
    patterns: Counter[Pattern] = Counter()
    for tile, answers in votes.items():
        truth = gold.get(tile)
        if truth is not None:
            _count(known, answers.items(), 1.0 if truth else 0.0)
        elif len(answers) > 1:
            patterns[tuple(sorted(answers.items()))] += 1
    skills = dict(start) if start else _skills(known)
    before: list[float] = []
    for _ in range(SWEEPS):
        after = _probabilities(patterns, skills, prior)
        counts = {member: list(row) for member, row in known.items()}
        for (pattern, times), p_yes in zip(patterns.items(), after, strict=True):
            _count(counts, pattern, p_yes, times)
        skills = _skills(counts)
        if before and max(abs(a - b) for a, b in zip(before, after, strict=True)) < CLOSE:
            break
        before = after
    return skills


def learned(skill: Skills, answer: bool, p_yes: float) -> Skills:
    """The skill after one more answer on a tile that is yes with this probability."""
    p_no = 1 - p_yes
    if answer:
        return Skills(skill.yes_yes + p_yes, skill.yes_no, skill.no_yes + p_no, skill.no_no)
    return Skills(skill.yes_yes, skill.yes_no + p_yes, skill.no_yes, skill.no_no + p_no)


def _probabilities(
    patterns: Iterable[Pattern], skills: Mapping[int, Skills], prior: float
) -> list[float]:
    """The probability of yes of each pattern."""
    first = log_odds(prior)
    odds = (
        first + sum(skills.get(member, STRANGER).weights[answer] for member, answer in pattern)
        for pattern in patterns
    )
    return [1 / (1 + exp(-max(-30.0, min(30.0, one)))) for one in odds]


def _count(
    counts: dict[int, list[float]],
    answers: Iterable[tuple[int, bool]],
    p_yes: float,
    times: int = 1,
) -> None:
    """Add these answers to the members' yes_yes, yes_no, no_yes and no_no."""
    for member, answer in answers:
        row = counts.setdefault(member, [0.0, 0.0, 0.0, 0.0])
        row[0 if answer else 1] += times * p_yes
        row[2 if answer else 3] += times * (1 - p_yes)


def _skills(counts: Mapping[int, list[float]]) -> dict[int, Skills]:
    return {member: Skills(*row) for member, row in counts.items()}
