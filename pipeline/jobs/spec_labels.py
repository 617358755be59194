"""How votes of many become labels: what crosses the process on both ways."""

from typing import Literal

from pydantic import TypeAdapter

from pipeline.jobs.part import OutPath, Part

Method = Literal["dawid-skene", "wawa", "majority"]


class Ballot(Part):
    """All votes that count together.

    `votes`: tile, member and whether it was a yes. `gold`: tiles of which the answer is known.
    """

    votes: list[tuple[int, int, bool]] = []
    gold: dict[int, bool] = {}


class ConsensusSpec(Part):
    """Find out what tiles are and how members answer. `ballot`: a Ballot in the attempt's folder.

    It is a file because a project has tens of thousands of votes.
    """

    kind: Literal["consensus"] = "consensus"
    ballot: str


class MemberSkill(Part):
    """How often a member said what, by the truth (see pipeline/labelling/consensus.py)."""

    member_id: int
    yes_yes: float
    yes_no: float
    no_yes: float
    no_no: float


class ConsensusResult(Part):
    """What the votes say together, by the `method` that so many votes bear.

    `answers`: JSON of the probability of yes by tile.
    """

    kind: Literal["consensus"] = "consensus"
    method: Method
    tiles: int
    votes: int
    members: list[MemberSkill] = []
    answers: OutPath


ANSWERS: TypeAdapter[dict[int, float]] = TypeAdapter(dict[int, float])
"""What `ConsensusResult.answers` holds."""
