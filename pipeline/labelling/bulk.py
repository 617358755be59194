"""Accepting many sure boxes at once: a sample, drawn by lot, says how wrong the rest can be.

The bound is Clopper and Pearson's (Biometrika 26, 1934), exact for a sample without wrong ones, at
95 % confidence; nothing is accepted unless a person says so, and it can be undone.
"""

from dataclasses import dataclass
from math import comb

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.labelling import decide
from pipeline.labelling.samples import SAMPLE, drawn
from storage import bulks, questions, sure
from storage.models import Bulk, Project
from storage.questions import Scope

SURE = 0.6
"""Score from which a model counts as sure of a box."""
WORTH = 200
"""Fewer sure boxes are checked sooner than explained."""
CONFIDENCE = 0.95


class BulkOver(UserError):
    """That decision is made already. /label goes on."""


def upper_bound(wrong: int, of: int, *, confidence: float = CONFIDENCE) -> float:
    """The share of wrong ones (0..1) that the rest hardly exceeds, `wrong` of `of` being wrong."""
    if wrong >= of:
        return 1.0

    def at_most(share: float) -> float:
        """Probability of so few wrong ones in the sample if that were their share."""
        return sum(
            comb(of, count) * share**count * (1 - share) ** (of - count)
            for count in range(wrong + 1)
        )

    low, high = wrong / of, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle) > 1 - confidence else (low, middle)
    return high


@dataclass(frozen=True)
class Offer:
    """So many boxes that the model is sure of, and how many would be checked."""

    boxes: int
    sample: int


def possible(project: Project, scope: Scope, *, session: Session) -> Offer | None:
    """Whether there are enough sure boxes, and no such decision under way."""
    assert project.id is not None
    last = bulks.newest(project.id, session=session)
    if last is not None and last.state in ("offered", "checking", "judged"):
        return None
    if last is not None and last.state in ("refused", "undone"):
        # Somebody wants to see them one by one; a newer model may be trusted more.
        count = len(sure.sure_boxes(scope, SURE, newer_than=last, session=session))
    else:
        count = sure.sure_count(scope, SURE, session=session)
    return Offer(count, SAMPLE) if count >= WORTH else None


def of(bulk_id: int, project: Project, *, session: Session) -> Bulk:
    """The project's decision with this id.

    Raises:
        BulkOver: it has none.
    """
    bulk = bulks.get(bulk_id, session=session)
    if bulk is None or bulk.project_id != project.id:
        raise BulkOver
    return bulk


def begin(
    project: Project, scope: Scope, *, chat_id: int, member_id: int, session: Session
) -> Bulk:
    """Draw the sample: its boxes are asked about first.

    Raises:
        UserError: there is too little to accept by now.
    """
    assert project.id is not None
    if possible(project, scope, session=session) is None:
        raise UserError("There is nothing to accept at once any more. /label goes on.")
    found = sure.sure_boxes(scope, SURE, session=session)
    bulk = bulks.create(
        project_id=project.id,
        chat_id=chat_id,
        member_id=member_id,
        sample=drawn(found, SAMPLE, salt=f"bulk:{project.id}:{len(found)}"),
        boxes=found,
        session=session,
    )
    bulk.state = "checking"
    return bulk


def judge(project_id: int, *, session: Session) -> Bulk | None:
    """The decision whose sample is decided by now; what it says stands in `wrong`."""
    bulk = bulks.checking(project_id, session=session)
    if bulk is None:
        return None
    said = questions.verdicts(bulk.sample, session=session)
    if None in said.values():
        return None
    if not said:
        # All that was drawn is taken out: nothing speaks for the rest.
        _settle(bulk, "refused", session)
        return None
    bulk.sample = sorted(said)
    bulk.wrong = sum(verdict == "wrong" for verdict in said.values())
    bulk.state = "judged"
    session.add(bulk)
    return bulk


def accept(bulk: Bulk, *, session: Session) -> int:
    """The rest is right; returns how many boxes that are.

    Raises:
        BulkOver: it was decided otherwise meanwhile.
    """
    if bulk.state != "judged":
        raise BulkOver
    return _settle(bulk, "accepted", session)


def refuse(bulk: Bulk, *, session: Session) -> None:
    """Every box is asked about.

    Raises:
        BulkOver: it was decided otherwise meanwhile.
    """
    if bulk.state not in ("offered", "checking", "judged"):
        raise BulkOver
    _settle(bulk, "refused", session)


def undo(bulk: Bulk, *, session: Session) -> int:
    """Take an acceptance back: the rest is open again; returns how many boxes that are.

    Raises:
        BulkOver: it was not accepted.
    """
    if bulk.state != "accepted":
        raise BulkOver
    return _settle(bulk, "undone", session)


def _settle(bulk: Bulk, state: str, session: Session) -> int:
    assert bulk.id is not None
    bulk.state = state
    session.add(bulk)
    session.flush()
    ids = bulks.boxes(bulk.id, session=session)
    decide.refresh_boxes(ids, project_id=bulk.project_id, session=session)
    return len(set(ids) - set(bulk.sample))
