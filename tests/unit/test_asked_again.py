"""What a member is asked again, and what not: nobody gets stuck, no tile is asked twice for one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from pipeline.labelling import bulk, deal, decide, fixes, sheets
from pipeline.labelling.deal import Hand
from storage import bulks, looks, members, settings
from storage import sheets as rows
from storage.models import Box, Image, Project, Sheet, Skill, Source, Track, now
from storage.progress import standing
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source


def dealt(session: Session, project: Project, member: int = ANN) -> Sheet | None:
    """The member's next sheet of their own, shown a while ago."""
    sheet = deal.deal(Hand(project, member, member, key=f"label:{member}"), session=session)
    if sheet is not None:
        sheet.state, sheet.shown_at = "open", now() - timedelta(seconds=5)
        session.flush()
    return sheet


def asked(session: Session, project: Project, kind: str, member: int = ANN) -> Sheet:
    """As `dealt`, where it is a sheet of this kind."""
    sheet = dealt(session, project, member)
    assert sheet is not None
    assert sheet.kind == kind
    return sheet


def confirm(session: Session, sheet: Sheet, member: int = ANN) -> None:
    """✅."""
    sheets.confirm(sheet, member_id=member, at=now(), session=session)


def say(session: Session, project: Project, kind: str, subject: int | None, said: str,
        member: int = ANN) -> None:  # fmt: skip
    """An answer."""
    decide.vote(
        [subject or 0], said, kind=kind, project_id=project.id or 0, member_id=member,
        session=session,
    )  # fmt: skip


def guessed(session: Session, project: Project, count: int, boxes: int = 2, score: float = 0.9,
            ) -> list[Image]:  # fmt: skip
    """Pictures with guesses on them."""
    source = make_source(session, project, trust=None, labelled=False)
    made = []
    for _ in range(count):
        image, found = make_image(
            session, source, boxes=boxes, labelled=False, origin="model", proposed=True
        )
        for box in found:
            box.score = score
        made.append(image)
    session.flush()
    return made


def followed(session: Session, project: Project, frames: int = 4) -> Source:
    """A track through so many frames."""
    source = make_source(session, project, trust=None, labelled=False)
    track = Track(project_id=project.id or 0, source_id=source.id or 0, label="cat")
    session.add(track)
    session.flush()
    for second in range(frames):
        _, (box,) = make_image(
            session, source, boxes=1, labelled=False, origin="model", seconds=float(second)
        )
        box.track_id, box.score = track.id, 0.4
    session.flush()
    return source


def test_a_frame_that_was_off_is_asked_about_again(session: Session) -> None:
    """Whoever said that something is off on a frame is asked about it once its boxes are right."""
    project = make_project(session, chat_id=ANN)
    guessed(session, project, 4)
    sheet = asked(session, project, "frame")
    sheets.tap(sheet, 2, member_id=ANN, session=session)
    confirm(session, sheet)
    confirm(session, asked(session, project, "box"))
    confirm(session, asked(session, project, "image"))
    assert len(standing(project.id or 0, session=session).ready) == 4


@pytest.mark.parametrize(
    ("kind", "boxes", "votes"), [("image", 0, 1), ("box", 1, 1), ("box", 1, 2)]
)
def test_a_mark_taken_back_is_no_answer(
    session: Session, kind: str, boxes: int, votes: int
) -> None:
    """After a mark that was taken back the tile comes again."""
    project = make_project(session, chat_id=ANN)
    settings.change(project, votes=votes)
    make_image(session, make_source(session, project), boxes=boxes)
    sheet = asked(session, project, kind)
    for _ in range(2):
        sheets.tap(sheet, 1, member_id=ANN, session=session)
    rows.close(sheet, "stopped", session=session)
    assert asked(session, project, kind).tiles == sheet.tiles


@pytest.mark.parametrize("before", ["complete", None])
def test_a_picture_that_was_drawn_on_is_asked_about_again(
    session: Session, before: str | None
) -> None:
    """Whoever drew on it, and whoever called it complete before, are asked what is missing."""
    project = make_project(session, "cat", "dog", chat_id=ANN)
    image, _ = make_image(session, make_source(session, project))
    if before:
        say(session, project, "image", image.id, before)
    say(session, project, "image", image.id, "redrawn", ANN if before is None else BEN)
    asked(session, project, "image")


def test_a_reopened_box_reopens_no_other(session: Session) -> None:
    """Only what an admin took back is asked again, not all that a member answered."""
    project = make_project(session)
    settings.change(project, votes=2)
    make_image(session, make_source(session, project), boxes=3)
    sheet = asked(session, project, "box")
    confirm(session, sheet)
    say(session, project, "box", sheet.tiles[1], "reopen", BEN)
    assert asked(session, project, "box").tiles == [sheet.tiles[1]]


def test_whose_answers_do_not_count_is_not_asked_for_ever(session: Session) -> None:
    """A member who was left out gets every tile once."""
    project = make_project(session)
    make_image(session, make_source(session, project), boxes=3)
    members.set_counts(project, BEN, False, by=ANN, session=session)
    session.flush()
    confirm(session, asked(session, project, "box", BEN), BEN)
    assert dealt(session, project, BEN) is None


def test_a_mark_that_does_not_count_keeps_no_tile_open(session: Session) -> None:
    """On a shared sheet ✅ answers what only a member marked whose votes were left out."""
    project = make_project(session)
    _, boxes = make_image(session, make_source(session, project), boxes=2)
    say(session, project, "box", boxes[0].id, "wrong", BEN)
    members.set_counts(project, BEN, False, by=ANN, session=session)
    session.flush()
    decide.refresh_project(project.id or 0, session=session)
    sheet = deal.deal(Hand(project, CHAT, 0, key="k"), session=session)
    assert sheet is not None
    sheet.state, sheet.shown_at = "open", now() - timedelta(seconds=5)
    confirm(session, sheet)
    session.expire_all()
    assert [box.verdict for box in boxes] == ["right", "right"]


def test_nothing_waits_for_those_who_do_not_count(session: Session) -> None:
    """A tile closes when nobody whose votes count could turn it."""
    project = make_project(session)
    settings.change(project, votes=3)
    _, (box,) = make_image(session, make_source(session, project), boxes=1)
    for member in range(1, 9):
        session.add(
            Skill(project_id=project.id or 0, member_id=member, kind="box", yes_yes=40, yes_no=8,
                  no_yes=8, no_no=40)
        )  # fmt: skip
        members.set_counts(project, member, member < 4, by=1, session=session)
    session.flush()
    for member, said in ((1, "right"), (2, "right"), (3, "wrong")):
        say(session, project, "box", box.id, said, member)
    session.expire_all()
    assert box.verdict == "right"


@pytest.fixture
def sampled(session: Session) -> Project:
    """A decision on 243 sure boxes whose sample is being checked."""
    project = make_project(session)
    guessed(session, project, 81, boxes=3)
    scope = deal.scope_of(project, session=session)
    bulk.begin(project, scope, chat_id=CHAT, member_id=ANN, session=session)
    return project


def skip(session: Session, _project: Project, sheet: Sheet) -> None:
    """⏭."""
    rows.close(sheet, "skipped", session=session)


def answer_of_three(session: Session, project: Project, sheet: Sheet) -> None:
    """✅ where a tile needs three votes by now."""
    settings.change(project, votes=3)
    confirm(session, sheet)


@pytest.mark.parametrize("do", [skip, answer_of_three])
def test_a_sample_moves_on(
    session: Session, sampled: Project, do: Callable[[Session, Project, Sheet], None]
) -> None:
    """Tiles of a sample that somebody skipped or answered are not what comes next."""
    sheet = asked(session, sampled, "box")
    do(session, sampled, sheet)
    assert not set(asked(session, sampled, "box").tiles) & set(sheet.tiles)


def test_a_sample_that_is_gone_is_not_asked(session: Session, sampled: Project) -> None:
    """When its source is taken out, a decision is over: nothing is asked and nothing accepted."""
    session.exec(select(Source)).one().state = "removed"
    session.flush()
    assert dealt(session, sampled) is None
    assert bulk.judge(sampled.id or 0, session=session) is None
    assert bulks.checking(sampled.id or 0, session=session) is None


def test_a_skipped_track_comes_last(session: Session) -> None:
    """⏭ on a track leads to the boxes; it comes again when nothing else is left."""
    project = make_project(session)
    make_image(session, followed(session, project), boxes=1, labelled=False, origin="model")
    skip(session, project, asked(session, project, "track"))
    confirm(session, asked(session, project, "box"))
    sheet = dealt(session, project)
    while sheet is not None and sheet.kind != "track":
        confirm(session, sheet)
        sheet = dealt(session, project)
    assert sheet is not None


def test_a_track_is_asked_once(session: Session) -> None:
    """Neither it nor its boxes come to whoever answered, or to others meanwhile."""
    project = make_project(session)
    followed(session, project)
    sheet = asked(session, project, "track")
    assert dealt(session, project, BEN) is None
    settings.change(project, votes=3)
    confirm(session, sheet)
    assert dealt(session, project) is None
    asked(session, project, "track", BEN)


def test_reopened_boxes_of_a_track_are_asked(session: Session) -> None:
    """What an admin took back is asked box by box, whatever was said of the track."""
    project = make_project(session)
    followed(session, project)
    confirm(session, asked(session, project, "track"))
    for box in session.exec(select(Box)).all():
        say(session, project, "box", box.id, "reopen", BEN)
    assert len(asked(session, project, "box").tiles) == 4


def test_boxes_on_a_frame_sheet_are_not_asked_one_by_one(session: Session) -> None:
    """While Ann has whole frames before her, Ben gets none of their boxes."""
    project = make_project(session)
    guessed(session, project, 4)
    asked(session, project, "frame")
    assert dealt(session, project, BEN) is None


def test_frames_with_boxes_on_a_sheet_are_not_asked_as_a_whole(session: Session) -> None:
    """While Ann has a picture's boxes before her, Ben is not asked about the picture."""
    project = make_project(session)
    guessed(session, project, 3)
    first = asked(session, project, "box")
    guessed(session, project, 1)
    assert not set(asked(session, project, "box", BEN).tiles) & set(first.tiles)


def test_a_frame_confirms_only_what_was_on_its_picture(session: Session) -> None:
    """A box that came after the picture was painted stays open."""
    project = make_project(session)
    image = guessed(session, project, 4)[0]
    sheet = asked(session, project, "frame")
    new = Box(
        project_id=project.id or 0, image_id=image.id or 0, label="cat", x1=0.5, y1=0.5, x2=0.9,
        y2=0.9, origin="model", score=0.7,
    )  # fmt: skip
    session.add(new)
    session.flush()
    confirm(session, sheet)
    session.expire_all()
    assert new.verdict is None


def test_a_newer_look_leaves_a_frame_sheet_alone(session: Session) -> None:
    """Guesses that somebody looks at as a whole frame are not replaced under their finger."""
    project = make_project(session)
    ids = [image.id or 0 for image in guessed(session, project, 5)]
    sheet = asked(session, project, "frame")
    free = looks.replaceable(project.id or 0, ids, session=session)
    assert free == set(ids) - set(sheet.tiles)


@pytest.fixture
def wrong(session: Session) -> tuple[Project, Sheet]:
    """Ann called a cat wrong; Ben is asked what it is instead."""
    project = make_project(session, "cat", "dog", "bird")
    _, (box,) = make_image(session, make_source(session, project), boxes=1)
    say(session, project, "box", box.id, "wrong")
    return project, asked(session, project, "fix", BEN)


def right_ones(session: Session) -> list[str]:
    """The classes of what is right."""
    session.expire_all()
    return [box.label for box in session.exec(select(Box)) if box.verdict == "right"]


def test_what_is_right_by_now_is_nothing_else(
    session: Session, wrong: tuple[Project, Sheet]
) -> None:
    """If Ann took her no back meanwhile, Ben's other class makes no second box."""
    project, sheet = wrong
    say(session, project, "box", sheet.tiles[0], "right")
    assert not fixes.answer(sheet, project, "class:dog", member_id=BEN, session=session)
    assert sheet.state == "aside"
    assert right_ones(session) == ["cat"]


def test_two_people_make_no_two_classes_of_one_box(
    session: Session, wrong: tuple[Project, Sheet]
) -> None:
    """Who comes second hears that it is settled; who said it may change their mind."""
    project, sheet = wrong
    late = rows.create(
        project_id=project.id or 0, chat_id=ANN, member_id=ANN, kind="fix", label="cat",
        tiles=sheet.tiles, left=1, key="a", previous_id=None, session=session,
    )  # fmt: skip
    assert fixes.answer(sheet, project, "class:dog", member_id=BEN, session=session)
    assert not fixes.answer(late, project, "class:bird", member_id=ANN, session=session)
    assert right_ones(session) == ["dog"]
    rows.reopen(sheet, session=session)
    assert fixes.answer(sheet, project, "class:bird", member_id=BEN, session=session)
    assert right_ones(session) == ["bird"]


def test_a_box_right_after_all_is_of_one_class(session: Session) -> None:
    """Going back to the sheet and calling the box right takes its other class along."""
    project = make_project(session, "cat", "dog")
    make_image(session, make_source(session, project), boxes=1)
    first = asked(session, project, "box")
    sheets.reject(first, member_id=ANN, at=now(), session=session)
    fixes.answer(asked(session, project, "fix"), project, "class:dog", member_id=ANN,
                 session=session)  # fmt: skip
    assert right_ones(session) == ["dog"]
    first.state = "open"
    sheets.tap(first, 1, member_id=ANN, session=session)
    confirm(session, first)
    assert right_ones(session) == ["cat"]
    assert standing(project.id or 0, session=session).fix == []
