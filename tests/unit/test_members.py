"""Roles, and votes that are left out and count again."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from pipeline.labelling import decide, refresh
from storage import chats, members, skills, team
from storage.db import Database
from storage.models import Box, Image, Joined, Project, Setting, Sheet, Vote, now
from storage.settings import change
from storage.team import _streak
from tests.support.project import ANN, BEN, make_image, make_project, make_source

CY, DI, EVE = 3, 4, 5


def vote(
    session: Session, project: Project, kind: str, subject: int, member: int, answer: str
) -> None:
    """One answer."""
    decide.vote(
        [subject],
        answer,
        kind=kind,
        project_id=project.id or 0,
        member_id=member,
        session=session,
    )


def derived(session: Session) -> list[tuple[object, ...]]:
    """All that follows from votes."""
    session.expire_all()
    boxes = [(b.id, b.verdict, b.sure, b.voters, b.fix) for b in session.exec(select(Box))]
    return boxes + [(i.id, i.answer) for i in session.exec(select(Image))]


def test_what_a_member_may_do(session: Session) -> None:
    """Makers and owners own, the group's admins are admins, the others what they were made."""
    project = make_project(session)
    members.keep_admins(project.chat_id, [BEN], session=session)
    members.set_role(project, CY, "viewer", by=ANN, session=session)
    members.set_role(project, DI, "admin", by=ANN, session=session)
    # Nobody takes from an owner or from Telegram's admin what they are.
    members.set_role(project, ANN, "viewer", by=BEN, session=session)
    members.set_role(project, BEN, "viewer", by=ANN, session=session)

    def role(member: int, owners: frozenset[int] = frozenset()) -> str:
        return members.role_of(project, member, owners=owners, session=session)

    assert [role(one) for one in (ANN, BEN, CY, DI, EVE)] == [
        "owner",
        "admin",
        "viewer",
        "admin",
        "labeller",
    ]
    assert role(EVE, frozenset({EVE})) == "owner"
    assert members.set_role(project, CY, None, by=ANN, session=session) == "viewer"
    assert role(CY) == "labeller"


def test_whom_a_name_means(session: Session) -> None:
    """User names mean anybody known; first names only those who took part."""
    project = make_project(session)
    for member, name, username in ((CY, "Cy", "cy_1"), (DI, "Di", None), (EVE, "Di", None)):
        chats.member(member, name=name, username=username, session=session)
    session.flush()
    assert [m.id for m in members.named(project, "@CY_1", session=session)] == [CY]
    assert members.named(project, "Di", session=session) == []
    session.add(Joined(chat_id=DI, project_id=project.id or 0))
    session.flush()
    assert [m.id for m in members.named(project, "di", session=session)] == [DI]
    members.set_role(project, EVE, "viewer", by=ANN, session=session)
    session.flush()
    assert [m.id for m in members.named(project, "Di", session=session)] == [DI, EVE]


def test_left_out_and_back_again(session: Session) -> None:
    """Without a member's votes everything is as if they had not voted; back in, as it was."""
    project = make_project(session)
    source = make_source(session, project)
    image, boxes = make_image(session, source, boxes=3)
    one, two, three = (box.id or 0 for box in boxes)
    vote(session, project, "box", one, ANN, "right")
    vote(session, project, "image", image.id or 0, ANN, "incomplete")
    without = derived(session)
    vote(session, project, "box", one, BEN, "wrong")
    vote(session, project, "box", two, BEN, "wrong")
    vote(session, project, "fix", two, BEN, "nothing")
    session.get_one(Box, two).fix = "nothing"
    vote(session, project, "box", three, BEN, "right")
    vote(session, project, "image", image.id or 0, BEN, "complete")
    session.flush()
    before = derived(session)
    assert before != without
    for counts, expected in ((False, without), (True, before)):
        members.set_counts(project, BEN, counts, by=ANN, session=session)
        session.flush()
        assert refresh.begin(project.id or 0, member_id=BEN, session=session)
        assert derived(session) == expected
    assert not refresh.waits(session)


def test_more_votes_needed_opens_what_one_decided(session: Session) -> None:
    """After votes=2 a box with one vote is open again, and after votes=1 it is decided again."""
    project = make_project(session)
    _, [box] = make_image(session, make_source(session, project), boxes=1)
    vote(session, project, "box", box.id or 0, ANN, "right")
    for needed, verdict in ((2, None), (1, "right")):
        change(project, votes=needed)
        session.add(project)
        session.flush()
        assert refresh.begin(project.id or 0, session=session)
        session.refresh(box)
        assert (box.verdict, box.voters) == (verdict, 1)


def test_big_projects_are_derived_a_portion_at_a_time(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left survives a restart, goes on where it stopped, and ends with the same result."""
    monkeypatch.setattr(refresh, "AT_ONCE", 2)
    monkeypatch.setattr(refresh, "AT_FIRST", 3)

    def fill(session: Session) -> int:
        project = make_project(session)
        _, boxes = make_image(session, make_source(session, project), boxes=9)
        for box in boxes:
            vote(session, project, "box", box.id or 0, BEN, "right")
        members.set_counts(project, BEN, False, by=ANN, session=session)
        session.flush()
        assert not refresh.begin(project.id or 0, member_id=BEN, session=session)
        return project.id or 0

    def decided(session: Session) -> int:
        return sum(box.verdict is not None for box in session.exec(select(Box)))

    project_id = db.write_now(fill)
    assert db.read_now(decided) == 5
    again = Database(str(db.engine.url))
    try:
        assert again.read_now(refresh.waits)
        # Somebody changes the settings meanwhile: all of it is derived, from the beginning.
        assert not again.write_now(lambda s: refresh.begin(project_id, session=s))
        (row,) = again.read_now(lambda s: s.exec(select(Setting)).all())
        assert row.value["member"] is None
        while again.write_now(refresh.step):
            pass
        assert again.read_now(decided) == 0
    finally:
        again.close()


@given(
    answers=st.lists(
        st.tuples(
            st.sampled_from([ANN, BEN, CY]),
            st.integers(0, 2),
            st.sampled_from(["right", "wrong", "retract", "reopen", "restore"]),
        ),
        max_size=15,
    ),
    out=st.sets(st.sampled_from([ANN, BEN, CY])),
    needed=st.sampled_from([1, 2]),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_deriving_anew_changes_nothing_but_whose_votes_count(
    db: Database, answers: list[tuple[int, int, str]], out: set[int], needed: int
) -> None:
    """Whatever was voted, leaving members out and letting them in again ends where it began."""
    with Session(db.engine) as session:
        project = make_project(session)
        change(project, votes=needed)
        _, boxes = make_image(session, make_source(session, project), boxes=3)
        for member, place, answer in answers:
            vote(session, project, "box", boxes[place].id or 0, member, answer)
        before = derived(session)
        for counts in (False, True):
            for member in out:
                members.set_counts(project, member, counts, by=ANN, session=session)
            session.flush()
            refresh.begin(project.id or 0, session=session)
        assert derived(session) == before
        session.rollback()


def test_who_did_what(session: Session) -> None:
    """Drawn boxes, taps, pictures and sources are told apart; the most work comes first."""
    project = make_project(session)
    for member, name in ((ANN, "Ann"), (BEN, "Ben"), (CY, "Cy")):
        chats.member(member, name=name, username=None, session=session)
    source = make_source(session, project)
    image, boxes = make_image(session, source, boxes=2)
    _, drawn = make_image(session, source, boxes=2, origin="drawn")
    for box in boxes:
        vote(session, project, "box", box.id or 0, BEN, "right")
    vote(session, project, "box", boxes[0].id or 0, BEN, "wrong")
    vote(session, project, "image", image.id or 0, BEN, "complete")
    for box in drawn:
        vote(session, project, "box", box.id or 0, CY, "right")
        vote(session, project, "box", box.id or 0, BEN, "right")
    skills.keep(
        project.id or 0,
        BEN,
        (8, 1, 0, 1),
        kind="box",
        planted=4,
        caught=3,
        at=now(),
        session=session,
    )
    members.set_role(project, EVE, "viewer", by=ANN, session=session)
    session.flush()
    shares = team.of_project(project.id or 0, session=session)
    assert [share.name for share in shares] == ["Cy", "Ann", "Ben", "someone"]
    cy, ann, ben, eve = shares
    assert (cy.drawn, cy.tiles) == (2, 0)
    assert (ann.sources, ann.tiles) == (1, 0)
    assert (ben.tiles, ben.pictures, ben.drawn) == (4, 1, 0)
    assert (ben.agreement, ben.planted, ben.caught) == (0.9, 4, 3)
    assert (eve.role, eve.weight, eve.agreement) == ("viewer", 0, None)


def test_days_in_a_row(session: Session) -> None:
    """Days count back from today or yesterday until one was left out."""
    today = date(2024, 3, 2)
    days = {"2024-03-01", "2024-02-29", "2024-02-27"}
    assert _streak(days, today) == 2
    assert _streak(days | {"2024-03-02"}, today) == 3
    assert _streak({"2024-02-28"}, today) == 0
    project = make_project(session)
    session.add(
        Sheet(
            project_id=project.id or 0,
            chat_id=1,
            kind="box",
            state="closed",
            key="a",
            closed_at=now(),
        )
    )
    session.flush()
    assert team.days_in_a_row(project.id or 0, session=session) == 1


def test_nothing_is_lost(session: Session) -> None:
    """Leaving votes out adds and removes no vote."""
    project = make_project(session)
    _, [box] = make_image(session, make_source(session, project), boxes=1)
    vote(session, project, "box", box.id or 0, BEN, "right")
    rows = len(session.exec(select(Vote)).all())
    members.set_counts(project, BEN, False, by=ANN, session=session)
    refresh.begin(project.id or 0, member_id=BEN, session=session)
    assert len(session.exec(select(Vote)).all()) == rows
