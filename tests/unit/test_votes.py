"""Votes are only added; what counts follows from them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, func, select

from pipeline.labelling import decide
from storage import sources, votes
from storage.db import Database
from storage.models import Project, Vote
from storage.progress import standing
from tests.support.project import ANN, BEN, make_image, make_project, make_source


def vote(session: Session, project: Project, box: int, member: int, answer: str) -> None:
    """One answer of one member on a box."""
    decide.vote(
        [box],
        answer,
        kind="box",
        project_id=project.id or 0,
        member_id=member,
        session=session,
    )


def verdicts(session: Session, project: Project) -> list[str | None]:
    """What is decided on each box."""
    return [state.verdict for state in votes.box_states(project.id or 0, session=session)]


def test_a_members_last_row_counts(session: Session) -> None:
    """A changed mind replaces the earlier answer, and both rows stay."""
    project = make_project(session)
    _, [box] = make_image(session, make_source(session, project), boxes=1)
    vote(session, project, box.id or 0, ANN, "wrong")
    vote(session, project, box.id or 0, ANN, "right")
    assert verdicts(session, project) == ["right"]
    assert session.exec(select(func.count()).select_from(Vote)).one() == 2


def test_a_retraction_is_a_row_that_opens_the_box_again(session: Session) -> None:
    """After a retraction nothing is decided, as if nobody had voted."""
    project = make_project(session)
    _, [box] = make_image(session, make_source(session, project), boxes=1)
    vote(session, project, box.id or 0, ANN, "wrong")
    vote(session, project, box.id or 0, ANN, "retract")
    assert verdicts(session, project) == [None]


def test_a_tie_does_not_make_a_box_right(session: Session) -> None:
    """One yes against one no keeps the box out."""
    project = make_project(session)
    _, [box] = make_image(session, make_source(session, project), boxes=1)
    vote(session, project, box.id or 0, ANN, "wrong")
    vote(session, project, box.id or 0, BEN, "right")
    assert verdicts(session, project) == ["wrong"]


def test_a_trusted_source_is_right_until_a_vote_says_otherwise(session: Session) -> None:
    """Trust decides boxes nobody voted on; a vote weighs more than trust."""
    project = make_project(session)
    _, [one, _two] = make_image(session, make_source(session, project, trust="yes"), boxes=2)
    vote(session, project, one.id or 0, ANN, "wrong")
    assert verdicts(session, project) == ["wrong", "right"]


def test_the_trust_answer_is_a_fact(session: Session) -> None:
    """Answering the trust question adds a vote on the source and makes it ready."""
    project = make_project(session)
    source = make_source(session, project, trust=None)
    source.state = "asking"
    sources.answer_trust(source, "sample", member_id=BEN, session=session)
    session.flush()
    fact = session.exec(select(Vote).where(Vote.subject_kind == "source")).one()
    assert (fact.member_id, fact.answer, source.state) == (BEN, "sample", "ready")


def test_an_admin_takes_a_decision_back_and_puts_it_back(session: Session) -> None:
    """A reopened box is open whatever was said before; later answers count, and all do again."""
    project = make_project(session)
    _, [box] = make_image(session, make_source(session, project, trust="yes"), boxes=1)
    assert verdicts(session, project) == ["right"]
    for answer, verdict in (
        (votes.REOPEN, None),
        (votes.RESTORE, "right"),
        ("wrong", "wrong"),
        (votes.REOPEN, None),
        ("right", "right"),
        ("retract", None),
        (votes.REOPEN, None),
        # Ann took her last answer back: no earlier one of hers returns, but the trust does.
        (votes.RESTORE, "right"),
    ):
        member = BEN if answer in (votes.REOPEN, votes.RESTORE) else ANN
        vote(session, project, box.id or 0, member, answer)
        assert verdicts(session, project) == [verdict], answer


def test_a_reopened_picture_is_looked_at_again(session: Session) -> None:
    """After a reopening a picture is asked about as if somebody had drawn more on it."""
    project = make_project(session)
    image, _ = make_image(session, make_source(session, project), boxes=0)
    for answer, word in (("complete", "complete"), (votes.REOPEN, "redrawn")):
        decide.vote(
            [image.id or 0],
            answer,
            kind="image",
            project_id=project.id or 0,
            member_id=ANN,
            session=session,
        )
        session.refresh(image)
        assert image.answer == word


@given(
    answers=st.lists(
        st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(["right", "wrong", "retract"])),
        max_size=12,
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_verdict_is_that_of_the_last_answers(
    db: Database, answers: list[tuple[int, str]]
) -> None:
    """Whatever the order of answers, only each member's last one decides."""
    with Session(db.engine) as session:
        project = make_project(session)
        _, [box] = make_image(session, make_source(session, project), boxes=1)
        last: dict[int, str] = {}
        for member, answer in answers:
            vote(session, project, box.id or 0, member, answer)
            last[member] = answer
        right = sum(answer == "right" for answer in last.values())
        wrong = sum(answer == "wrong" for answer in last.values())
        expected = None if not right + wrong else "right" if right > wrong else "wrong"
        assert verdicts(session, project) == [expected]
        session.rollback()


def test_what_waits_for_what(session: Session) -> None:
    """Open boxes are to be checked, decided images to be confirmed, untouched ones to be drawn."""
    project = make_project(session)
    checked = make_source(session, project, trust="no")
    trusted = make_source(session, project, trust="yes")
    video = make_source(session, project, trust=None, labelled=False)
    _, [open_box] = make_image(session, checked, boxes=1)
    decided, [box] = make_image(session, checked, boxes=1)
    vote(session, project, box.id or 0, ANN, "right")
    ready, _ = make_image(session, trusted, boxes=3)
    bare, _ = make_image(session, video, labelled=False)
    looked_at, _ = make_image(session, video, labelled=False, proposed=True)
    state = standing(project.id or 0, session=session)
    assert [box.box_id for box in state.check] == [open_box.id]
    assert state.confirm == [decided.id, looked_at.id]
    assert state.draw == [bare.id]
    assert list(state.ready) == [ready.id]
    assert (state.boxes, state.right["cat"]) == (3, 3)


def test_an_image_is_ready_once_somebody_says_that_nothing_is_missing(session: Session) -> None:
    """Decided boxes alone do not make an image complete; the last word on it does."""
    project = make_project(session)
    image, [box] = make_image(session, make_source(session, project), boxes=1)
    vote(session, project, box.id or 0, ANN, "right")
    for answer, where in (("incomplete", "draw"), ("complete", "ready")):
        decide.vote(
            [image.id or 0],
            answer,
            kind="image",
            project_id=project.id or 0,
            member_id=ANN,
            session=session,
        )
        assert image.id in getattr(standing(project.id or 0, session=session), where)


def test_a_removed_source_counts_no_more(session: Session) -> None:
    """Images of a removed source vanish from what is ready, their rows stay."""
    project = make_project(session)
    source = make_source(session, project, trust="yes")
    make_image(session, source, boxes=2)
    assert sources.remove(source, session=session) == 1
    session.flush()
    assert standing(project.id or 0, session=session).images == 0


@pytest.mark.parametrize(
    ("answers", "needed", "word"),
    [
        ([], 1, None),
        (["complete", "incomplete"], 1, "incomplete"),
        (["complete"], 2, "redrawn"),
        (["complete", "complete"], 2, "complete"),
        (["complete", "incomplete"], 2, "redrawn"),
        (["complete", "incomplete", "incomplete"], 2, "incomplete"),
        (["complete", "complete", "redrawn"], 2, "redrawn"),
        (["incomplete", "redrawn", "complete", "complete"], 2, "complete"),
        (["unsure"], 1, "unsure"),
    ],
)
def test_what_answers_say_of_a_picture(answers: list[str], needed: int, word: str | None) -> None:
    """One answer is the last word; else so many have to agree since somebody drew on it."""
    assert decide.word_on(answers, needed=needed) == word
