"""A source whose labels are checked by sample is judged by it."""

from sqlmodel import Session

from pipeline.labelling import answers, deal
from storage import questions, sources

SAMPLE_BAR = 0.95


def settle(project_id: int, *, member_id: int, session: Session) -> list[str]:
    """Judge sources whose sample is fully decided; returns what to tell, one sentence a source.

    At 95 % right the rest is accepted; below that every box is asked. A source that brought no
    box has nothing to judge by: its pictures are asked about.
    """
    told = []
    for source in sources.of_project(project_id, session=session):
        if source.trust != "sample" or source.state != "ready":
            continue
        sample = deal.sample_of(source, session=session)
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
