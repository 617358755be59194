"""Sheets dealt ahead: what they may ask, and when they are not shown after all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from pipeline.labelling import deal, decide, sheets
from pipeline.labelling.deal import Hand
from storage import settings
from storage import sheets as rows
from storage.models import Box, Project, Sheet, Source, now
from tests.support.project import ANN, BEN, make_image, make_project, make_source


def dealt(session: Session, project: Project, member: int = ANN) -> Sheet:
    """The member's first sheet, shown a while ago."""
    sheet = deal.deal(Hand(project, member, member, key=f"label:{member}"), session=session)
    assert sheet is not None
    sheet.state, sheet.shown_at = "open", now() - timedelta(seconds=5)
    session.flush()
    return sheet


def behind(session: Session, sheet: Sheet) -> Sheet:
    """What is dealt ahead of it."""
    question = sheets.ask_ahead(sheet.id or 0, session=session)
    assert question is not None
    sheets.deal_ahead(sheet.id or 0, question, session=session)
    waiting = rows.waiting_behind(sheet.key, session=session)
    assert waiting is not None
    return waiting


@pytest.fixture
def project(session: Session) -> Project:
    """36 cats and six dogs to check."""
    project = make_project(session, "cat", "dog")
    source = make_source(session, project)
    for _ in range(6):
        make_image(session, source, boxes=6)
    make_image(session, source, boxes=6, label="dog")
    return project


def test_a_goal_set_meanwhile_goes_on(session: Session, project: Project) -> None:
    """`/label 2` while a sheet waits behind the open one counts for that as well."""
    first = dealt(session, project)
    behind(session, first)
    first.goal = 2
    sheets.confirm(first, member_id=ANN, at=now(), session=session)
    second = sheets.next_after(first, session=session)
    assert second is not None
    assert second.goal == 2


def without_class(_session: Session, project: Project, waiting: Sheet) -> None:
    """The class of the sheet that waits is looked for no more."""
    project.classes = [name for name in project.classes if name != waiting.label]


def without_source(session: Session, _project: Project, _waiting: Sheet) -> None:
    """What was asked about is taken out."""
    session.exec(select(Source)).one().state = "removed"


def replaced(session: Session, _project: Project, waiting: Sheet) -> None:
    """A newer box stands for one of the tiles."""
    session.get_one(Box, waiting.tiles[0]).merged_id = waiting.tiles[0]


@pytest.mark.parametrize("happens", [without_class, without_source, replaced])
def test_what_is_asked_no_more_is_not_shown(
    session: Session, project: Project, happens: Callable[[Session, Project, Sheet], None]
) -> None:
    """A sheet that waits is put aside when one of its tiles is no question any more."""
    first = dealt(session, project)
    waiting = behind(session, first)
    happens(session, project, waiting)
    session.flush()
    sheets.confirm(first, member_id=ANN, at=now(), session=session)
    following = sheets.next_after(first, session=session)
    assert waiting.state == "aside"
    assert following is None or following.id != waiting.id


def test_nothing_is_dealt_ahead_of_a_sheet_left_lying(session: Session, project: Project) -> None:
    """A sheet of two days ago holds no tiles back, and makes no work after a restart."""
    sheet = dealt(session, project)
    assert rows.last_ones(session=session) == [sheet.id]
    sheet.shown_at = sheet.opened_at = now() - timedelta(days=2)
    session.flush()
    assert rows.last_ones(session=session) == []


@pytest.fixture
def crowd(session: Session) -> Project:
    """Three votes a tile, twenty boxes beyond doubt to make gold of, sixty to check."""
    project = make_project(session, "cat", "dog")
    settings.change(project, votes=3)
    for _ in range(10):
        make_image(session, make_source(session, project, trust="yes"), boxes=2)
    source = make_source(session, project)
    for _ in range(10):
        make_image(session, source, boxes=6)
    return project


def gold(session: Session, sheet: Sheet) -> list[int]:
    """The tiles whose answer is known."""
    return [box for box in sheet.tiles if session.get_one(Box, box).gold]


def test_the_sheet_ahead_shows_no_gold_twice(session: Session, crowd: Project) -> None:
    """Gold on the open sheet counts as seen: the next one has no tile of it, and not as many."""
    first = dealt(session, crowd)
    waiting = behind(session, first)
    assert not set(first.tiles) & set(waiting.tiles)
    assert len(gold(session, first)) == 3
    assert gold(session, waiting) == []


def test_no_sheet_is_full_of_gold(session: Session, crowd: Project) -> None:
    """Who answered a hundred tiles before the group wanted more votes gets three a sheet."""
    for box in range(1000, 1100):
        decide.vote(
            [box], "right", kind="box", project_id=crowd.id or 0, member_id=ANN, session=session
        )
    assert len(gold(session, dealt(session, crowd))) == 3


def test_gold_of_a_removed_source_is_not_shown(session: Session, crowd: Project) -> None:
    """What was taken out is before nobody any more, planted or not."""
    first = dealt(session, crowd)
    assert gold(session, first)
    for source in session.exec(select(Source).where(Source.trust == "yes")):
        source.state = "removed"
    session.flush()
    assert gold(session, dealt(session, crowd, BEN)) == []
