"""A source whose labels are checked by sample is judged by it."""

import hashlib
from collections.abc import Sequence

from sqlmodel import Session

from pipeline.labelling import answers
from storage import projects, questions, sources
from storage.models import Source

SAMPLE = 45
SAMPLE_BAR = 0.95


def sample_of(source: Source, *, session: Session) -> list[int]:
    """The boxes that stand for a source in a check: drawn by digest, so always the same ones."""
    assert source.id is not None
    classes = projects.get(source.project_id, session=session).classes
    ids = sources.box_ids(source.id, classes, session=session)
    return drawn(ids, SAMPLE, salt=str(source.id))


def drawn(ids: Sequence[int], count: int, *, salt: str) -> list[int]:
    """So many of these ids, as if by lot, but the same ones every time."""

    def lot(box_id: int) -> bytes:
        return hashlib.sha256(f"{salt}:{box_id}".encode()).digest()

    return sorted(sorted(ids, key=lot)[:count])


def settle(project_id: int, *, member_id: int, session: Session) -> list[str]:
    """Judge sources whose sample is fully decided; returns what to tell, one sentence a source.

    At 95 % right the rest is accepted; below that every box is asked. A source that brought no
    box has nothing to judge by: its pictures are asked about.
    """
    told = []
    for source in sources.of_project(project_id, session=session):
        if source.trust != "sample" or source.state != "ready":
            continue
        sample = sample_of(source, session=session)
        said = list(questions.verdicts(sample, session=session).values())
        if None in said:
            continue
        right = said.count("right")
        good = bool(said) and right >= SAMPLE_BAR * len(said)
        sources.answer_trust(source, "yes" if good else "no", member_id=member_id, session=session)
        answers.settle(source, member_id=member_id, session=session)
        if said:
            told.append(
                f"{right} of {len(said)} checked boxes of “{source.title}” are right: "
                + (
                    "I accept the rest."
                    if good
                    else "that is too few, so I'll ask about every box."
                )
            )
    return told
