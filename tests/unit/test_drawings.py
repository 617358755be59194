"""Requests to draw, and what a confirmed drawing means."""

import pytest
from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.labelling import decide, drawings, understood
from storage.models import Drawing, Project
from storage.progress import standing
from tests.support.project import (
    ANN,
    BEN,
    CHAT,
    make_image,
    make_project,
    make_source,
)


def video(session: Session, *classes: str) -> Project:
    """A project with five unlabelled frames."""
    project = make_project(session, *classes)
    source = make_source(session, project, trust=None, labelled=False)
    for second in range(5):
        make_image(session, source, labelled=False, seconds=float(second), group="v")
    return project


def ask(session: Session, project: Project) -> Drawing:
    """The next request."""
    drawing = drawings.ask(project_id=project.id or 0, chat_id=CHAT, session=session)
    assert drawing is not None
    return drawing


def test_a_confirmed_drawing_is_a_complete_image(session: Session) -> None:
    """With one class, ✅ makes the boxes right and the image ready to train."""
    project = video(session, "cat")
    drawing = ask(session, project)
    understood.read(drawing, [[0.1, 0.1, 0.4, 0.5]], ["cat"], session=session)
    drawings.accept(drawing, ["cat"], member_id=ANN, whole=True, session=session)
    state = standing(project.id or 0, session=session)
    assert list(state.ready) == [drawing.image_id]
    assert state.right["cat"] == 1


def test_with_several_classes_the_image_is_asked_about(session: Session) -> None:
    """One drawing shows one class of several: the image waits for “nothing missing”."""
    project = video(session, "cat", "dog")
    drawing = ask(session, project)
    understood.read(drawing, [[0.1, 0.1, 0.4, 0.5]], ["dog"], session=session)
    drawings.accept(drawing, ["dog"], member_id=ANN, whole=False, session=session)
    state = standing(project.id or 0, session=session)
    assert state.confirm == [drawing.image_id]


def test_nothing_here_makes_a_background(session: Session) -> None:
    """🚫 makes an image without boxes that is ready."""
    project = video(session)
    drawing = ask(session, project)
    drawings.nothing(drawing, member_id=ANN, session=session)
    assert standing(project.id or 0, session=session).ready == {drawing.image_id: []}


def test_requests_spread_and_skipped_ones_come_last(session: Session) -> None:
    """The next picture is the one farthest from those asked; a skipped one comes when all are."""
    project = video(session)
    first, second = ask(session, project), ask(session, project)
    assert abs(first.image_id - second.image_id) == 4
    drawings.skip(second, session=session)
    session.flush()
    rest = [ask(session, project).image_id for _ in range(3)]
    assert second.image_id not in rest
    assert ask(session, project).image_id == second.image_id


def test_a_request_left_open_is_shown_again(session: Session) -> None:
    """When every picture is asked about, the newest open request comes before people once more."""
    project = video(session)
    asked = [ask(session, project) for _ in range(5)]
    for drawing in asked:
        drawing.state = "asked"
    session.flush()
    assert ask(session, project).id == asked[-1].id
    assert asked[-1].state == "preparing"


def test_a_picture_just_skipped_does_not_come_next(session: Session) -> None:
    """⏭ on the only picture ends the round instead of offering it again at once."""
    project = make_project(session)
    source = make_source(session, project, trust=None, labelled=False)
    make_image(session, source, labelled=False)
    only = ask(session, project)
    drawings.skip(only, session=session)
    session.flush()
    again = drawings.ask(
        project_id=project.id or 0, chat_id=CHAT, besides=only.image_id, session=session
    )
    assert again is None
    assert ask(session, project).image_id == only.image_id


def test_a_box_can_be_left_out(session: Session) -> None:
    """🗑 removes one box by its number; a number that is not there is refused."""
    project = video(session)
    drawing = ask(session, project)
    boxes = [[0.1, 0.1, 0.2, 0.2], [0.5, 0.5, 0.6, 0.6]]
    understood.read(drawing, boxes, ["cat", "cat"], session=session)
    understood.drop_box(drawing, 1, session=session)
    assert drawing.boxes == [boxes[1]]
    with pytest.raises(UserError):
        understood.drop_box(drawing, 2, session=session)


def test_a_tap_on_an_older_answer_is_not_taken(session: Session) -> None:
    """A second quick 🗑, or a ✅ on boxes that somebody replaced, is refused."""
    project = video(session)
    drawing = ask(session, project)
    understood.read(
        drawing, [[0.1, 0.1, 0.2, 0.2], [0.5, 0.5, 0.6, 0.6]], ["cat", "cat"], session=session
    )
    drawing.state = "read"
    seen = understood.revision(drawing)
    understood.check(drawing, seen)
    understood.drop_box(drawing, 1, session=session)
    with pytest.raises(understood.DrawingChanged):
        understood.check(drawing, seen)
    drawing.state = "read"
    with pytest.raises(understood.DrawingChanged):
        understood.check(drawing, seen)


def test_a_drawing_answers_that_something_was_missing(session: Session) -> None:
    """With several classes Ben's drawing settles Ann's “missing”: the picture is asked again."""
    project = video(session, "cat", "dog")
    drawing = ask(session, project)
    decide.vote(
        [drawing.image_id],
        "incomplete",
        kind="image",
        project_id=project.id or 0,
        member_id=ANN,
        session=session,
    )
    understood.read(drawing, [[0.1, 0.1, 0.4, 0.5]], ["dog"], session=session)
    drawings.accept(drawing, ["dog"], member_id=BEN, whole=False, session=session)
    assert standing(project.id or 0, session=session).confirm == [drawing.image_id]


def test_a_settled_drawing_takes_no_more_taps(session: Session) -> None:
    """Taps on a drawing that is confirmed are refused."""
    project = video(session)
    drawing = ask(session, project)
    drawings.nothing(drawing, member_id=ANN, session=session)
    session.flush()
    with pytest.raises(drawings.DrawingClosed):
        drawings.get(drawing.id or 0, session=session)
