"""The consensus kind: labels and skills from all votes of a project, by crowd-kit's methods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote, Wawa

from pipeline.jobs.events import Progress
from pipeline.jobs.spec_labels import (
    ANSWERS,
    Ballot,
    ConsensusResult,
    ConsensusSpec,
    MemberSkill,
    Method,
)
from pipeline.labelling.consensus import Skills
from pipeline.labelling.skill import learned
from pipeline.worker.reporter import Reporter

ANSWERS_FILE = "answers.json"

WAWA_FROM, DAWID_SKENE_FROM = 5, 20
"""Tiles with two votes or more from which a method is trusted; fewer are left to the majority.

On the crowd of bench/crowd.py with three votes a tile Dawid-Skene is behind the majority at 10
tiles (88.2 % against 88.8 %), ahead at 20 (89.4 % against 87.7 %) and far ahead at 40.
"""

Vote = tuple[int, int, bool]
"""A tile, a member, and whether it was a yes."""


@dataclass(frozen=True)
class Consensus:
    """What votes say together: the probability of yes by tile, and each member's skills."""

    method: Method
    answers: dict[int, float]
    skills: dict[int, Skills]


def run(spec: ConsensusSpec, reporter: Reporter) -> ConsensusResult:
    """Aggregate the ballot."""
    ballot = Ballot.model_validate_json((reporter.folder / spec.ballot).read_bytes())
    reporter.progress(Progress(stage="weigh", done=0, total=len(ballot.votes)), important=True)
    found = aggregate(ballot.votes, ballot.gold)
    (reporter.out / ANSWERS_FILE).write_bytes(ANSWERS.dump_json(found.answers))
    return ConsensusResult(
        method=found.method,
        tiles=len(found.answers),
        votes=len(ballot.votes),
        members=[
            MemberSkill(
                member_id=member_id,
                yes_yes=skill.yes_yes,
                yes_no=skill.yes_no,
                no_yes=skill.no_yes,
                no_no=skill.no_no,
            )
            for member_id, skill in sorted(found.skills.items())
        ],
        answers=ANSWERS_FILE,
    )


def aggregate(
    votes: Iterable[Vote], gold: Mapping[int, bool], *, method: Method | None = None
) -> Consensus:
    """What the votes say together; gold is what it is, and shows how members answer.

    Args:
        method: None: what so many votes bear.
    """
    # Numbers rather than truth values: pandas takes a column of those for a mask.
    table = pd.DataFrame(
        [(tile, member, int(yes)) for tile, member, yes in votes],
        columns=["task", "worker", "label"],
    )
    if table.empty:
        return Consensus("majority", {}, {})
    chosen = method or _method(table, gold)
    answers = _probabilities(table, gold, chosen)
    skills: dict[int, Skills] = {}
    for tile, member, yes in table.itertuples(index=False):
        skill = skills.get(member, Skills())
        skills[member] = learned(skill, bool(yes), answers[tile])
    return Consensus(chosen, answers, skills)


def _method(table: pd.DataFrame, gold: Mapping[int, bool]) -> Method:
    unknown = table[~table["task"].isin(list(gold))]
    shared = int((unknown.groupby("task")["worker"].nunique() > 1).sum())
    if shared >= DAWID_SKENE_FROM:
        return "dawid-skene"
    return "wawa" if shared >= WAWA_FROM else "majority"


def _probabilities(
    table: pd.DataFrame, gold: Mapping[int, bool], method: Method
) -> dict[int, float]:
    """The probability of yes by tile."""
    truth = pd.Series({tile: int(yes) for tile, yes in gold.items()}, dtype="int64")
    truth = truth[truth.index.isin(table["task"])]
    if table["label"].nunique() == 1:
        # Of one answer alone nothing can be learned.
        shares = MajorityVote().fit_predict_proba(table)
    elif method == "dawid-skene":
        shares = DawidSkene(n_iter=100).fit_predict_proba(
            table, true_labels=truth if len(truth) else None
        )
    elif method == "wawa":
        # Wawa.predict of crowd-kit 1.4.2 fails with scikit-learn 1.7 and later (it is no
        # BaseEstimator); its second half is this vote, weighted by the skills of the first.
        shares = MajorityVote().fit_predict_proba(table, Wawa().fit(table).skills_)
    else:
        shares = MajorityVote().fit_predict_proba(table)
    yes = shares[1] if 1 in shares.columns else pd.Series(0.0, index=shares.index)
    found = {int(tile): min(1.0, max(0.0, float(share))) for tile, share in yes.items()}
    return found | {int(tile): float(known) for tile, known in truth.items()}
