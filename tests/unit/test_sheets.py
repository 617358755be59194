"""What is asked next, and what taps on a sheet mean."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from pipeline.labelling import deal as dealing
from pipeline.labelling import samples, sheets
from pipeline.labelling.deal import Hand
from storage import sheets as rows
from storage import votes
from storage.models import Project, Sheet, now
from storage.progress import standing
from tests.support.project import (
    ANN,
    BEN,
    CHAT,
    make_image,
    make_project,
    make_source,
)


def deal(session: Session, project: Project, previous: Sheet | None = None) -> Sheet | None:
    """The next sheet of a round, shown."""
    hand = Hand(project, CHAT, 0, key="label:1", after=previous.id if previous else None)
    sheet = dealing.deal(hand, session=session)
    if sheet is not None:
        show(sheet, session)
    return sheet


def show(sheet: Sheet, session: Session) -> None:
    """As if painted and accepted a while ago."""
    sheet.state, sheet.shown_at = "open", now() - timedelta(seconds=5)
    session.flush()


@pytest.fixture
def project(session: Session) -> Project:
    """Two classes on three images, fifteen boxes."""
    project = make_project(session, "cat", "dog")
    source = make_source(session, project)
    make_image(session, source, boxes=4, label="cat")
    make_image(session, source, boxes=8, label="dog")
    make_image(session, source, boxes=3, label="dog")
    return project


def test_a_sheet_holds_one_class_and_nine_tiles_at_most(session: Session, project: Project) -> None:
    """The class with most open boxes comes first, nine at a time, none twice."""
    first = deal(session, project)
    assert first is not None
    second = deal(session, project, first)
    third = deal(session, project, second)
    assert second is not None
    assert third is not None
    shapes = [(sheet.label, len(sheet.tiles)) for sheet in (first, second, third)]
    assert shapes == [("dog", 9), ("cat", 4), ("dog", 2)]
    assert not set(first.tiles) & set(third.tiles)
    assert deal(session, project) is None


def test_a_tap_marks_wrong_and_another_takes_it_back(session: Session, project: Project) -> None:
    """A tile is a toggle of the tapper's own answer."""
    sheet = deal(session, project)
    assert sheet is not None
    assert sheets.tap(sheet, 3, member_id=ANN, session=session) == (True, {3})
    assert sheets.marks(sheet, session=session) == {3}
    assert sheets.tap(sheet, 3, member_id=ANN, session=session) == (False, set())
    assert sheets.marks(sheet, session=session) == set()


def test_a_tap_changes_only_the_tappers_own_mark(session: Session, project: Project) -> None:
    """Ann's mark stays when Ben marks the same tile and takes his back."""
    sheet = deal(session, project)
    assert sheet is not None
    sheets.tap(sheet, 2, member_id=ANN, session=session)
    sheets.tap(sheet, 2, member_id=BEN, session=session)
    sheets.tap(sheet, 2, member_id=BEN, session=session)
    assert sheets.marks(sheet, session=session) == {2}


def test_confirming_votes_right_on_what_nobody_marked(session: Session, project: Project) -> None:
    """✅ spares tiles that anybody called wrong, and closes the sheet."""
    sheet = deal(session, project)
    assert sheet is not None
    sheets.tap(sheet, 1, member_id=ANN, session=session)
    assert sheets.confirm(sheet, member_id=BEN, at=now(), session=session) == 8
    said = votes.current(sheet.tiles, kind="box", project_id=project.id or 0, session=session)
    assert said[sheet.tiles[0]] == {ANN: "wrong"}
    assert all(said[tile] == {BEN: "right"} for tile in sheet.tiles[1:])
    with pytest.raises(sheets.SheetClosed):
        sheets.open_sheet(sheet.id or 0, session=session)


def test_a_sheet_nobody_can_have_seen_is_not_confirmed(session: Session, project: Project) -> None:
    """A ✅ within 0.7 s of the sheet, or before it was shown, is not taken."""
    sheet = deal(session, project)
    assert sheet is not None
    assert sheet.shown_at is not None
    early = sheet.shown_at + timedelta(seconds=0.69)
    with pytest.raises(sheets.LookFirst):
        sheets.confirm(sheet, member_id=ANN, at=early, session=session)
    sheet.shown_at = None
    with pytest.raises(sheets.LookFirst):
        sheets.reject(sheet, member_id=ANN, at=now(), session=session)
    assert sheet.state == "open"


def test_back_opens_the_sheet_before_with_its_marks(session: Session, project: Project) -> None:
    """↩ lays this sheet aside; the one before shows the marks it had and can be answered anew."""
    first = deal(session, project)
    assert first is not None
    sheets.tap(first, 4, member_id=ANN, session=session)
    sheets.confirm(first, member_id=ANN, at=now(), session=session)
    second = deal(session, project, first)
    assert second is not None
    again = sheets.back(second.id or 0, session=session)
    show(again, session)
    assert again.id == first.id
    assert sheets.marks(again, session=session) == {4}
    sheets.tap(again, 4, member_id=ANN, session=session)
    assert sheets.confirm(again, member_id=ANN, at=now(), session=session) == 9


def test_the_first_sheet_has_none_before(session: Session, project: Project) -> None:
    """↩ on the first sheet says so and changes nothing."""
    first = deal(session, project)
    assert first is not None
    with pytest.raises(sheets.NothingBefore):
        sheets.back(first.id or 0, session=session)
    assert first.state == "open"


def test_the_last_sheet_can_be_opened_again(session: Session, project: Project) -> None:
    """When a round is over its last sheet leads back to itself; an earlier one does not."""
    first = deal(session, project)
    assert first is not None
    rows.close(first, "stopped", session=session)
    assert sheets.back(first.id or 0, session=session).state == "preparing"
    show(first, session)
    sheets.confirm(first, member_id=ANN, at=now(), session=session)
    second = deal(session, project, first)
    assert second is not None
    with pytest.raises(sheets.SheetClosed):
        sheets.back(first.id or 0, session=session)


def test_a_tap_while_the_next_sheet_is_painted_says_so(session: Session, project: Project) -> None:
    """Between ✅ and the new picture a tap on the old one hears that the next is coming."""
    first = deal(session, project)
    assert first is not None
    sheets.confirm(first, member_id=ANN, at=now(), session=session)
    second = deal(session, project, first)
    assert second is not None
    second.state, second.shown_at = "preparing", None
    session.flush()
    with pytest.raises(sheets.NextIsComing):
        sheets.open_sheet(first.id or 0, session=session)
    show(second, session)
    with pytest.raises(sheets.SheetClosed):
        sheets.open_sheet(first.id or 0, session=session)


def test_skipped_tiles_come_last_in_their_round(session: Session, project: Project) -> None:
    """⏭ votes nothing; the tiles come again when nothing else is left."""
    first = deal(session, project)
    assert first is not None
    rows.close(first, "skipped", session=session)
    second = deal(session, project, first)
    assert second is not None
    assert not set(first.tiles) & set(second.tiles)


def test_whole_pictures_are_asked_once_their_boxes_are_decided(
    session: Session, project: Project
) -> None:
    """When no box is open, the sheet asks whether something is missing; ✅ makes images ready."""
    sheet = deal(session, project)
    while sheet is not None and sheet.kind == "box":
        sheets.confirm(sheet, member_id=ANN, at=now(), session=session)
        sheet = deal(session, project, sheet)
    assert sheet is not None
    assert (sheet.kind, len(sheet.tiles)) == ("image", 3)
    sheets.tap(sheet, 2, member_id=ANN, session=session)
    sheets.confirm(sheet, member_id=ANN, at=now(), session=session)
    state = standing(project.id or 0, session=session)
    assert (len(state.ready), len(state.draw)) == (2, 1)


def sampled(session: Session, wrong: int) -> tuple[Project, list[str]]:
    """A source checked by sample, with as many wrong boxes in it."""
    project = make_project(session)
    source = make_source(session, project, trust="sample")
    for _ in range(20):
        make_image(session, source, boxes=5)
    sheet, asked = deal(session, project), 0
    told: list[str] = []
    while sheet is not None and sheet.kind == "box" and not told:
        for place in range(1, len(sheet.tiles) + 1):
            if asked < wrong:
                sheets.tap(sheet, place, member_id=ANN, session=session)
            asked += 1
        sheets.confirm(sheet, member_id=ANN, at=now(), session=session)
        told = samples.settle(project.id or 0, member_id=ANN, session=session)
        sheet = deal(session, project, sheet)
    assert asked == samples.SAMPLE
    return project, told


def test_a_good_sample_accepts_the_rest(session: Session) -> None:
    """With 44 of 45 sampled boxes right the other boxes count as right, and that is said."""
    project, told = sampled(session, wrong=1)
    assert told == ["44 of 45 checked boxes of “a.zip” are right: I accept the rest."]
    state = standing(project.id or 0, session=session)
    assert state.check == []
    assert state.right["cat"] == 99


def test_a_bad_sample_asks_about_every_box(session: Session) -> None:
    """With 5 of 45 wrong the rest is asked."""
    project, told = sampled(session, wrong=5)
    assert "every box" in told[0]
    assert len(standing(project.id or 0, session=session).check) == 55


def test_a_sample_without_boxes_asks_about_the_pictures(session: Session) -> None:
    """A source that brought no box has nothing to sample: its pictures are asked about."""
    project = make_project(session)
    source = make_source(session, project, trust="sample")
    make_image(session, source)
    assert samples.settle(project.id or 0, member_id=ANN, session=session) == []
    session.flush()
    sheet = deal(session, project)
    assert sheet is not None
    assert (source.trust, sheet.kind) == ("no", "image")


def test_a_sheet_left_lying_holds_nothing_back(session: Session, project: Project) -> None:
    """Tiles of a sheet that nobody touched for ten minutes may be asked elsewhere."""
    first = deal(session, project)
    assert first is not None
    first.shown_at = first.opened_at = now() - timedelta(minutes=11)
    session.flush()
    second = deal(session, project)
    assert second is not None
    assert second.tiles == first.tiles


def test_classes_that_went_ask_nothing(session: Session, project: Project) -> None:
    """Boxes of a class that the project no longer looks for are on no sheet."""
    project.classes = ["cat"]
    session.flush()
    sheet = deal(session, project)
    assert sheet is not None
    assert sheet.label == "cat"
    rows.close(sheet, "closed", session=session)
    state = standing(project.id or 0, session=session)
    assert {box.label for box in state.check} == {"cat"}


def test_nobody_answers_for_somebody_else(session: Session, project: Project) -> None:
    """A sheet of one's own takes no answer of another member; a shared one takes anybody's."""
    hand = Hand(project, ANN, ANN, key="label:2")
    own = dealing.deal(hand, session=session)
    assert own is not None
    sheets.check_owner(own, ANN)
    with pytest.raises(sheets.NotYours):
        sheets.check_owner(own, BEN)
    shared = deal(session, project)
    assert shared is not None
    sheets.check_owner(shared, BEN)
