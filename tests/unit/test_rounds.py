"""A group labels together: the clock, the score, and who may stop it."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from bot.messages import together as words
from pipeline.labelling import decide, rounds
from storage import rounds as rows
from storage.models import Project, Round, Sheet, now
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source


@pytest.fixture
def project(session: Session) -> Project:
    """Ten boxes to check."""
    project = make_project(session)
    make_image(session, make_source(session, project), boxes=10)
    return project


def live(session: Session, project: Project) -> Round:
    """The project's round."""
    return rows.open_for(project.id or 0, chat_id=CHAT, member_id=ANN, session=session)


def test_there_is_one_live_round(session: Session, project: Project) -> None:
    """Asking again gives the same round until it is over."""
    first = live(session, project)
    assert live(session, project) is first
    assert rounds.end(first, session=session)
    assert not rounds.end(first, session=session)
    session.flush()
    assert live(session, project) is not first


def test_the_clock_stops_in_a_pause(session: Session, project: Project) -> None:
    """After a pause as many minutes are left as before it."""
    row = live(session, project)
    rounds.start(row, member_id=BEN, session=session)
    assert row.ends_at is not None
    row.ends_at -= timedelta(minutes=10)
    rounds.pause(row, session=session)
    assert row.left_s == pytest.approx(30 * 60, abs=5)
    rounds.start(row, member_id=ANN, session=session)
    assert (row.state, row.started_by) == ("running", BEN)
    assert row.ends_at is not None
    assert (row.ends_at - now()).total_seconds() == pytest.approx(30 * 60, abs=5)
    assert not rounds.is_due(row)
    row.ends_at = now()
    assert rounds.is_due(row)
    rounds.end(row, session=session)
    for late in (lambda: rounds.pause(row, session=session),
                 lambda: rounds.start(row, member_id=ANN, session=session)):  # fmt: skip
        with pytest.raises(rounds.RoundOver):
            late()


def test_a_forgotten_pause_ends(session: Session, project: Project) -> None:
    """After two hours a pause keeps nobody's sheets back any more."""
    row = live(session, project)
    rounds.start(row, member_id=BEN, session=session)
    rounds.pause(row, session=session)
    assert not rounds.is_due(row)
    row.told = {**row.told, "paused": (now() - timedelta(hours=2, seconds=1)).isoformat()}
    assert rounds.is_due(row)
    rounds.start(row, member_id=BEN, session=session)
    assert not rounds.is_due(row)


def test_the_score_counts_what_was_decided_since(session: Session, project: Project) -> None:
    """Decided and open boxes, who answered, and who is at it."""
    row = live(session, project)
    rounds.start(row, member_id=ANN, session=session)
    sheet = Sheet(
        project_id=project.id or 0, chat_id=BEN, member_id=BEN, kind="box", state="closed",
        closed_at=now(),
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    decide.vote(
        [1, 2, 3], "right", kind="box", project_id=project.id or 0, member_id=BEN,
        sheet_id=sheet.id, session=session,
    )  # fmt: skip
    score = rounds.score(project, row, session=session)
    assert (score.decided, score.open, score.won) == (3, 7, 3)
    assert (score.tapping, score.members) == ([BEN], {BEN: 3})


def test_the_board_says_what_is_done_and_who_is_at_it(session: Session, project: Project) -> None:
    """Five people are not all named; a round that runs can be paused and ended."""
    row = live(session, project)
    rounds.start(row, member_id=ANN, session=session)
    score = rounds.score(project, row, session=session)
    board = words.board(
        project, row, score, tapping=["Ann", "Ben", "Cy", "Di", "Ed"], left_s=1860, username="bot"
    )
    assert "0 of 10 boxes" in board["text"]
    assert "Ann, Ben, Cy and 2 more are tapping" in board["text"]
    assert "31 min left" in board["text"]
    assert [b["text"] for line in board["keyboard"] for b in line] == [
        "▶ My sheets", "⏸ Pause", "⏹ End",
    ]  # fmt: skip
