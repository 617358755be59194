"""Why a tile is what it is: what decided it, who is told, and how it reads."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from sqlmodel import Session

from bot.groups import Groups
from bot.handlers.why import tap_why
from bot.messages import why as words
from bot.services import Services
from bot.turn import Turn
from pipeline.errors import UserError
from pipeline.labelling import decide, reasons, undo
from pipeline.labelling.reasons import Reason
from storage import chats, members, outbox, votes
from storage.models import Box, Bulk, Drawing, Project, Sheet, Track, now
from storage.settings import change
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source

CY = 3


def say(session: Session, project: Project, kind: str, subject: int, **said: str) -> None:
    """Answers by member: `a1="right"`."""
    for name, answer in said.items():
        decide.vote(
            [subject],
            answer,
            kind=kind,
            project_id=project.id or 0,
            member_id=int(name[1:]),
            session=session,
        )


def why(
    session: Session,
    project: Project,
    subject: int,
    *,
    kind: str = "box",
    who: int = ANN,
    blind: bool = True,
    aloud: bool = False,
) -> Reason:
    """The reason of one tile, as a member is told it."""
    session.expire_all()
    (reason,) = reasons.of(kind, [subject], project, who, blind=blind, aloud=aloud, session=session)
    return reason


def one_box(session: Session, *, trust: str = "no", origin: str = "import") -> tuple[Project, Box]:
    """A project with one box."""
    project = make_project(session)
    _, [box] = make_image(
        session, make_source(session, project, trust=trust), boxes=1, origin=origin
    )
    return project, box


def test_votes_are_told_once_they_are_settled_or_one_answered(session: Session) -> None:
    """Before, nobody learns what others said of an open tile, and not aloud at all."""
    project, box = one_box(session)
    change(project, votes=3)
    session.flush()
    number = box.id or 0
    say(session, project, "box", number, m2="right", m3="right")
    assert words.line(why(session, project, number), many_votes=True) == words.NOT_YET
    assert why(session, project, number, who=BEN, aloud=True).hidden
    told = why(session, project, number, who=BEN)
    assert words.line(told, many_votes=True) == f"{words.NOT_YET} – 2 of 2 say right"
    say(session, project, "box", number, m1="wrong", m4="right")
    told = why(session, project, number, who=9)
    assert (told.how, told.verdict, told.yes, told.no) == ("votes", "right", 3, 1)
    assert words.line(told, many_votes=True).startswith("✅ right – 3 of 4 say so, sure 9")
    assert words.line(told, many_votes=False) == "✅ right – 3 of 4 say so"


def test_a_test_tile_is_told_only_to_whom_it_tested(session: Session) -> None:
    """Before it is answered it looks like any open tile; then it says what it was."""
    project, box = one_box(session)
    box.origin, box.gold, box.verdict = "planted", "wrong", "wrong"
    session.flush()
    number = box.id or 0
    say(session, project, "box", number, m2="wrong", m3="right")
    assert words.line(why(session, project, number), many_votes=False) == words.NOT_YET
    assert "you saw it" in words.line(why(session, project, number, who=BEN), many_votes=False)
    assert "slipped" in words.line(why(session, project, number, who=CY), many_votes=False)
    assert not why(session, project, number, who=BEN).decided
    with pytest.raises(undo.NothingToUndo):
        undo.reopen("box", number, project_id=project.id or 0, member_id=ANN, session=session)


def test_a_drawn_box_tests_only_others(session: Session) -> None:
    """It is explained as any other, but to whom met it on a sheet: that it was known before."""
    project, box = one_box(session, origin="drawn")
    box.gold, number = "right", box.id or 0
    say(session, project, "box", number, m2="right")
    told = why(session, project, number, who=BEN, blind=False)
    assert words.line(told, many_votes=False) == "✅ right – 1 says so"
    assert told.decided
    assert why(session, project, number, who=ANN).hidden
    say(session, project, "box", number, m1="wrong")
    told = why(session, project, number, who=ANN)
    assert words.line(told, many_votes=False) == "🧪 known to be right before: a test tile"


def test_what_else_decides(session: Session) -> None:
    """Trust, a bulk decision and a track's votes are named as such, in the order that counts."""
    project, box = one_box(session, trust="yes")
    number = box.id or 0
    assert words.line(why(session, project, number), many_votes=False) == (
        "✅ right – “a.zip” is trusted"
    )
    bulk = Bulk(
        project_id=project.id or 0,
        chat_id=1,
        member_id=ANN,
        state="accepted",
        sample=[1, 2, 3],
        size=10,
        wrong=1,
    )
    track = Track(project_id=project.id or 0, source_id=1, label="cat")
    session.add(bulk)
    session.add(track)
    session.flush()
    box.bulk_id = bulk.id
    decide.refresh_boxes([number], project_id=project.id or 0, session=session)
    told = words.line(why(session, project, number), many_votes=False)
    assert told == "✅ right – accepted with 6 others: 2 of 3 checked ones were right"
    box.track_id = track.id
    say(session, project, "track", track.id or 0, m2="wrong")
    told = words.line(why(session, project, number), many_votes=False)
    assert told.startswith("❌ wrong – 1 says of its whole way through the video so")
    say(session, project, "box", number, m3="right")
    assert why(session, project, number).how == "votes"
    assert why(session, project, track.id or 0, kind="track", who=BEN).verdict == "wrong"


def test_what_a_wrong_box_is_instead(session: Session) -> None:
    """The answer to "what is it?" is told with the verdict."""
    project, box = one_box(session)
    number = box.id or 0
    say(session, project, "box", number, m1="wrong")
    for answer, told in (
        (None, "asked next"),
        ("class:d<g", "it is a d&lt;g"),
        ("off", "off its place"),
        ("nothing", "nothing is there"),
    ):
        if answer is not None:
            say(session, project, "fix", number, m1=answer)
        assert told in words.line(why(session, project, number), many_votes=False)


def test_whole_pictures(session: Session) -> None:
    """The last word on a picture is explained likewise, and taken back likewise."""
    project = make_project(session)
    image, _ = make_image(session, make_source(session, project), boxes=0)
    number = image.id or 0

    def line() -> str:
        return words.line(why(session, project, number, kind="image"), many_votes=False)

    assert line() == words.NOT_YET
    say(session, project, "image", number, m1="incomplete")
    assert line() == "✏️ something is missing – 1 says so"
    say(session, project, "image", number, m2="complete")
    assert line() == "✅ complete – 1 of 2 say so"
    undo.reopen("image", number, project_id=project.id or 0, member_id=CY, session=session)
    assert "taken back by an admin" in line()
    undo.restore("image", number, project_id=project.id or 0, member_id=CY, session=session)
    assert line() == "✅ complete – 1 of 2 say so"


def test_undoing_a_fixed_box_takes_its_new_class_along(session: Session) -> None:
    """What was put in a box's place stands and falls with it; what is known is known no more."""
    project, box = one_box(session)
    number = box.id or 0
    box.gold = "right"
    fixed = Box(
        **{**box.model_dump(exclude={"id", "gold"}), "origin": "fixed", "parent_id": number}
    )
    session.add(fixed)
    session.flush()
    say(session, project, "box", number, m1="wrong")
    say(session, project, "box", fixed.id or 0, m1="right")
    for change_, verdicts in ((undo.reopen, (None, None)), (undo.restore, ("wrong", "right"))):
        change_("box", number, project_id=project.id or 0, member_id=BEN, session=session)
        session.refresh(box)
        session.refresh(fixed)
        assert (box.verdict, fixed.verdict) == verdicts


def test_undoing_a_whole_frame(session: Session) -> None:
    """The boxes that were called right with their frame are open again with it, others are not."""
    project = make_project(session)
    image, boxes = make_image(session, make_source(session, project), boxes=2)
    sheet = Sheet(project_id=project.id or 0, chat_id=1, kind="frame", tiles=[image.id], key="k")
    session.add(sheet)
    session.flush()
    for box, of in zip(boxes, (sheet.id, None), strict=True):
        decide.vote(
            [box.id or 0],
            "right",
            kind="box",
            project_id=project.id or 0,
            member_id=ANN,
            sheet_id=of,
            session=session,
        )
    say(session, project, "image", image.id or 0, m1="complete")
    undo.reopen(
        "image",
        image.id or 0,
        project_id=project.id or 0,
        member_id=BEN,
        sheet=sheet,
        session=session,
    )
    for box in boxes:
        session.refresh(box)
    assert [box.verdict for box in boxes] == [None, "right"]


def test_answers_that_were_left_out_are_told_to_admins(session: Session) -> None:
    """They are no part of the count, but stand beside it."""
    project, box = one_box(session)
    number = box.id or 0
    say(session, project, "box", number, m1="right", m2="wrong")
    for member, name in ((ANN, "Ann"), (BEN, "Ben")):
        chats.member(member, name=name, username=None, session=session)
    members.set_counts(project, BEN, False, by=ANN, session=session)
    session.flush()
    decide.refresh_boxes([number], project_id=project.id or 0, session=session)
    told = why(session, project, number)
    assert (told.yes, told.no, told.verdict) == (1, 0, "right")
    assert words.who(told, {ANN: "Ann", BEN: "Ben"}) == "right: Ann. left out: Ben"
    assert len(words.who(told, {ANN: "A" * 300, BEN: "B"})) <= words.TOAST
    assert votes.current([number], kind="box", project_id=project.id or 0, session=session) == {
        number: {ANN: "right", BEN: "wrong"}
    }


def turn(session: Session, chat_id: int = CHAT) -> Turn:
    """Ben's tap in a group."""
    groups = Groups()
    groups.saw(chat_id, BEN)
    parts = SimpleNamespace(settings=SimpleNamespace(owner_ids=frozenset()), groups=groups)
    chat = chats.chat(chat_id, type_="group", session=session)
    member = chats.member(BEN, name="Ben", username=None, session=session)
    session.flush()
    return Turn(session, cast(Services, parts), "tap:1", chat, member, None, tapped=7)


def test_a_drawing_is_explained(session: Session) -> None:
    """All that is decided on its picture is told in its chat, but for what tests people."""
    project = make_project(session)
    image, boxes = make_image(session, make_source(session, project), boxes=3, origin="drawn")
    drawing = Drawing(project_id=project.id or 0, chat_id=CHAT, image_id=image.id or 0)
    session.add(drawing)
    say(session, project, "box", boxes[0].id or 0, m2="right")
    boxes[1].origin, boxes[1].gold, boxes[1].verdict = "planted", "wrong", "wrong"
    session.flush()
    tap_why(turn(session), [f"d{drawing.id}"])
    (told,) = outbox.due(CHAT, soon(), limit=9, session=session)
    assert told.payload["text"] == "<b>cats</b> · why\n1. ✅ right – 1 says so"
    for args in ([f"d{drawing.id}", f"box{boxes[1].id}"], ["d99"], [f"d{drawing.id}", "box1:x"]):
        with pytest.raises(UserError, match="gone"):
            tap_why(turn(session), args)
    with pytest.raises(UserError, match="another chat"):
        tap_why(turn(session, -200), [f"d{drawing.id}"])


def soon() -> datetime:
    """A moment at which everything is due."""
    return now() + timedelta(days=1)
