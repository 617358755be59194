"""Wrong boxes come back one by one: another class, off its place, or nothing."""

import pytest
from sqlmodel import Session, select

from pipeline.errors import UserError
from pipeline.labelling import deal, decide, fixes
from pipeline.labelling.deal import Hand
from storage import sheets
from storage.models import Box, Project, Sheet, Track
from storage.progress import standing
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source


@pytest.fixture
def project(session: Session) -> Project:
    """Two classes; an image with two boxes, of which the first is wrong."""
    project = make_project(session, "cat", "dog")
    source = make_source(session, project)
    _, boxes = make_image(session, source, boxes=2)
    for box, said in zip(boxes, ("wrong", "right"), strict=True):
        vote(session, project, box.id or 0, said)
    return project


def vote(session: Session, project: Project, box: int, said: str, member: int = ANN) -> None:
    """An answer on a box."""
    decide.vote(
        [box], said, kind="box", project_id=project.id or 0, member_id=member, session=session
    )


def asked(session: Session, project: Project) -> Sheet:
    """The question that comes next, which is about a wrong box."""
    sheet = deal.deal(Hand(project, CHAT, 0, key="label:1"), session=session)
    assert sheet is not None
    assert (sheet.kind, sheet.label) == ("fix", "cat")
    return sheet


def answer(session: Session, project: Project, sheet: Sheet, said: str) -> None:
    """Ann's answer."""
    fixes.answer(sheet, project, said, member_id=ANN, session=session)


def fixed(session: Session) -> list[Box]:
    """The boxes that came of another class."""
    return list(session.exec(select(Box).where(Box.origin == "fixed")))


def test_another_class_makes_a_box_that_is_right(session: Session, project: Project) -> None:
    """The new box has the same place and the chosen class; the picture asks what is missing."""
    sheet = asked(session, project)
    assert standing(project.id or 0, session=session).confirm == []
    answer(session, project, sheet, "class:dog")
    (box,) = fixed(session)
    first = session.get_one(Box, sheet.tiles[0])
    assert (box.label, box.verdict, box.parent_id) == ("dog", "right", first.id)
    assert (box.x1, box.y2) == (first.x1, first.y2)
    assert standing(project.id or 0, session=session).confirm == [box.image_id]


def test_a_box_off_its_place_is_drawn_again(session: Session, project: Project) -> None:
    """The picture waits for a hand."""
    sheet = asked(session, project)
    answer(session, project, sheet, "off")
    box = session.get_one(Box, sheet.tiles[0])
    assert standing(project.id or 0, session=session).draw == [box.image_id]


def test_nothing_there_settles_it(session: Session, project: Project) -> None:
    """The picture goes on to the question whether something is missing."""
    answer(session, project, asked(session, project), "nothing")
    state = standing(project.id or 0, session=session)
    assert (len(state.fix), len(state.confirm)) == (0, 1)


def test_a_changed_mind_replaces_the_answer(session: Session, project: Project) -> None:
    """Going back and saying otherwise leaves nothing of what was said before."""
    sheet = asked(session, project)
    answer(session, project, sheet, "class:dog")
    sheets.reopen(sheet, session=session)
    answer(session, project, sheet, "off")
    (box,) = fixed(session)
    assert (box.verdict, box.fix) == ("wrong", "nothing")
    sheets.reopen(sheet, session=session)
    answer(session, project, sheet, "class:dog")
    assert [box.verdict for box in fixed(session)] == ["right"]
    state = standing(project.id or 0, session=session)
    assert (state.draw, len(state.confirm)) == ([], 1)


def test_a_box_that_is_right_after_all_asks_no_more(session: Session, project: Project) -> None:
    """A wrong mark that is taken back takes its question with it."""
    wrong = standing(project.id or 0, session=session).fix[0].box_id
    vote(session, project, wrong, "right")
    assert standing(project.id or 0, session=session).fix == []


@pytest.mark.parametrize("said", ["class:cow", "class:cat"])
def test_a_class_that_makes_no_sense_is_refused(
    session: Session, project: Project, said: str
) -> None:
    """A class that the project does not have, or the one it was, changes nothing."""
    sheet = asked(session, project)
    with pytest.raises(UserError, match="class"):
        answer(session, project, sheet, said)
    assert sheet.state == "preparing"
    assert fixed(session) == []


def test_marks_on_an_open_sheet_are_not_asked_about(session: Session, project: Project) -> None:
    """A mark that may still be taken back is no question yet."""
    source = make_source(session, project)
    make_image(session, source, boxes=1, label="dog")
    open_ = deal.deal(Hand(project, CHAT, 0, key="label:1"), session=session)
    assert open_ is not None
    vote(session, project, open_.tiles[0], "wrong", BEN)
    following = asked(session, project)
    assert following.tiles != open_.tiles
    last = deal.deal(Hand(project, CHAT, 0, key="label:1"), session=session)
    assert last is None


def test_a_track_followed_wrongly_asks_no_question_a_frame(
    session: Session, project: Project
) -> None:
    """The boxes of a wrong track are wrong; none of them comes back by itself."""
    source = make_source(session, project, labelled=False)
    track = Track(project_id=project.id or 0, source_id=source.id or 0, label="cat")
    session.add(track)
    session.flush()
    for _ in range(3):
        _, boxes = make_image(session, source, boxes=1, labelled=False, origin="track")
        boxes[0].track_id = track.id
    session.flush()
    before = len(standing(project.id or 0, session=session).fix)
    decide.vote(
        [track.id or 0], "wrong", kind="track", project_id=project.id or 0, member_id=ANN,
        session=session,
    )  # fmt: skip
    state = standing(project.id or 0, session=session)
    assert (len(state.fix), state.wrong) == (before, 4)
