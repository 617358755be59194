"""Labels that come back from another tool: what they change, and taking it back."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, col, select

from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import AnswerItem
from pipeline.labelling import answers, decide
from pipeline.labelling.differences import KnownBox, compare
from storage import jobs, settings, sources
from storage.answers import here
from storage.models import Box, Image, Project, Source
from storage.progress import standing
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source

OLD = (0.1, 0.1, 0.3, 0.4)
MOVED = (0.12, 0.12, 0.33, 0.42)
ELSEWHERE = (0.6, 0.6, 0.8, 0.8)


def said(xyxy: tuple[float, float, float, float], label: str = "cat", **more: int) -> BoxItem:
    """A box that came."""
    return BoxItem(label=label, xyxy=xyxy, **more)


def differences(known: list[KnownBox], *came: BoxItem) -> tuple[list, list, list, list]:
    """Compare on a picture of 640x480."""
    found = compare(known, came, width=640, height=480)
    return found.same, [old for old, _ in found.changed], found.new, found.gone


def test_rounding_changes_nothing() -> None:
    """A tool that knows whole pixels only moves edges by less than one; ids are not needed."""
    known = [KnownBox(1, "cat", OLD), KnownBox(2, "cat", ELSEWHERE)]
    rounded = said((0.1011, 0.0989, 0.2989, 0.4009))
    assert differences(known, rounded, said(ELSEWHERE, id=2)) == ([1, 2], [], [], [])


def test_an_id_tells_even_a_small_change() -> None:
    """A box that was moved by some pixels is a changed one with its id, the same one without."""
    nudged = (0.105, 0.105, 0.305, 0.405)
    known = [KnownBox(1, "cat", OLD)]
    assert differences(known, said(nudged, id=1)) == ([], [1], [], [])
    assert differences(known, said(nudged)) == ([1], [], [], [])


def test_moved_and_renamed_boxes_are_found_without_ids() -> None:
    """By overlap a box that was moved or renamed is paired with the one it was."""
    known = [KnownBox(1, "cat", OLD), KnownBox(2, "cat", ELSEWHERE)]
    came = [said(MOVED), said(ELSEWHERE, "dog")]
    assert differences(known, *came) == ([], [1, 2], [], [])


def test_new_and_missing_boxes() -> None:
    """What has no counterpart is new, what is not there any more is gone."""
    known = [KnownBox(1, "cat", OLD)]
    new = said(ELSEWHERE)
    assert differences(known, new) == ([], [], [new], [1])
    assert differences(known) == ([], [], [], [1])


def test_numbers_of_another_tool_do_no_harm() -> None:
    """COCO ids that a tool gave anew never outweigh the place of a box."""
    known = [KnownBox(1, "cat", OLD), KnownBox(2, "cat", ELSEWHERE)]
    assert differences(known, said(ELSEWHERE, id=1), said(OLD, id=2)) == ([2, 1], [], [], [])


def test_what_was_made_after_the_export_is_left_alone() -> None:
    """A box drawn meanwhile is not gone, and one that came as well is not said twice."""
    known = [KnownBox(1, "cat", OLD), KnownBox(2, "cat", ELSEWHERE, late=True)]
    assert differences(known, said(OLD)) == ([1], [], [], [])
    near = said((0.61, 0.61, 0.82, 0.81))
    assert differences(known, said(OLD), near) == ([1, 2], [], [], [])


@pytest.fixture
def project(session: Session) -> Project:
    """A project of two classes."""
    return make_project(session, "cat", "dog")


def ready_image(session: Session, project: Project) -> tuple[Image, Box]:
    """A finished picture with one right box."""
    source = make_source(session, project, trust="yes")
    image, (box,) = make_image(session, source, boxes=1)
    return image, box


def answer(session: Session, project: Project, image: Image, *came: BoxItem, **more: int) -> Source:
    """A source that answered for one picture and now waits for the trust answer."""
    source = make_source(session, project, trust=None, labelled=False)
    item = AnswerItem(image_id=image.id or 0, boxes=list(came), **more)
    answers.bring_in([item], source.id or 0, session=session)
    answers.count_unsettled(source, session=session)
    source.state = "asking"
    session.flush()
    return source


def trust(session: Session, source: Source, word: str, member: int = ANN) -> None:
    """Answer the trust question."""
    sources.answer_trust(source, word, member_id=member, session=session)
    answers.settle(source, member_id=member, session=session)


def counted(
    session: Session, project: Project, image: Image
) -> list[tuple[str, float, str | None]]:
    """Class, left edge and verdict of every box of the picture that counts."""
    found = here(project.id or 0, [image.id or 0], project.classes, session=session)
    rows = [(box.label, round(box.x1, 3), box.verdict) for box in found[image.id or 0]]
    return sorted(rows, key=str)


def test_an_unchanged_answer_changes_nothing(session: Session, project: Project) -> None:
    """What comes back as it went is known already: no row is added, nothing waits."""
    image, box = ready_image(session, project)
    source = answer(session, project, image, said(OLD, id=box.id))
    came = answers.of(source)
    assert came is not None
    assert came.known_already
    assert len(session.exec(select(Box)).all()) == 1
    assert standing(project.id or 0, session=session).ready == {image.id: [box.id]}


def test_a_trusted_answer_stands_for_what_was_there(session: Session, project: Project) -> None:
    """Moved, renamed, new and missing boxes are right or wrong at once, the picture complete."""
    source = make_source(session, project, trust="yes")
    image, boxes = make_image(session, source, boxes=3)
    ids = [box.id or 0 for box in boxes]
    came = [said(MOVED, id=ids[0]), said(OLD, "dog", id=ids[1]), said(ELSEWHERE)]
    sent = answer(session, project, image, *came)
    assert counted(session, project, image) == [("cat", 0.1, "right")] * 3
    trust(session, sent, "yes")
    right = [("dog", 0.1), ("cat", 0.12), ("cat", 0.6)]
    assert counted(session, project, image) == sorted(((*one, "right") for one in right), key=str)
    state = standing(project.id or 0, session=session)
    assert len(state.ready[image.id or 0]) == 3
    assert not state.check
    assert not state.fix
    gone = session.exec(select(Box).where(Box.id == ids[2])).one()
    assert (gone.verdict, gone.fix) == ("wrong", "nothing")
    parents = session.exec(select(Box.parent_id).where(Box.origin == "answer")).all()
    assert sorted(parents, key=str) == sorted([ids[0], ids[1], None], key=str)


@pytest.mark.parametrize("word", ["no", "sample"])
def test_an_answer_that_is_not_trusted_is_asked_about(
    session: Session, project: Project, word: str
) -> None:
    """New and changed boxes wait for a tap, a missing one is not taken away."""
    source = make_source(session, project, trust="yes")
    image, (first, second) = make_image(session, source, boxes=2)
    sent = answer(session, project, image, said(MOVED, id=first.id), said(ELSEWHERE))
    trust(session, sent, word)
    assert counted(session, project, image) == [
        ("cat", 0.1, "right"),
        ("cat", 0.12, None),
        ("cat", 0.6, None),
    ]
    state = standing(project.id or 0, session=session)
    assert len(state.check) == 2
    session.refresh(second)
    assert second.verdict == "right"


def test_an_answer_counts_once_it_is_trusted(session: Session, project: Project) -> None:
    """Until somebody says whether the labels are right, everything stays as it was."""
    image, box = ready_image(session, project)
    answer(session, project, image, said(ELSEWHERE))
    state = standing(project.id or 0, session=session)
    assert state.ready == {image.id: [box.id]}
    assert not state.check


def test_a_task_comes_back_answered(session: Session, project: Project) -> None:
    """A guess left as it is becomes right at once; where votes are many, a second person looks."""
    settings.change(project, votes=3)
    source = make_source(session, project, labelled=False)
    image, (guess,) = make_image(session, source, boxes=1, labelled=False, origin="model")
    empty, _ = make_image(session, source, labelled=False)
    sent = answer(session, project, image, said(OLD, id=guess.id))
    answers.bring_in([AnswerItem(image_id=empty.id or 0, boxes=[])], sent.id or 0, session=session)
    trust(session, sent, "yes")
    assert counted(session, project, image) == [("cat", 0.1, "right")]
    state = standing(project.id or 0, session=session)
    assert state.confirm == [image.id, empty.id]
    settings.change(project, votes=1)
    decide.refresh_project(project.id or 0, session=session)
    state = standing(project.id or 0, session=session)
    assert {image_id: len(boxes) for image_id, boxes in state.ready.items()} == {
        image.id: 1,
        empty.id: 0,
    }


def test_bringing_an_answer_in_twice_changes_nothing(session: Session, project: Project) -> None:
    """A crash repeats the chunk: each box is there once all the same."""
    image, _ = ready_image(session, project)
    source = answer(session, project, image, said(ELSEWHERE))
    item = AnswerItem(image_id=image.id or 0, boxes=[said(ELSEWHERE)])
    answers.bring_in([item], source.id or 0, session=session)
    assert len(session.exec(select(Box)).all()) == 2
    came = answers.of(source)
    assert came is not None
    assert (came.new, len(came.gone), came.images) == (1, 1, [image.id])


def everything(session: Session, project: Project) -> tuple[object, ...]:
    """What counts in the project."""
    state = standing(project.id or 0, session=session)
    return (
        state.ready,
        [box.box_id for box in state.check],
        state.confirm,
        state.draw,
        state.wrong,
    )


@pytest.mark.parametrize("word", ["yes", "no"])
@pytest.mark.parametrize(
    ("out", "back"), [(sources.remove, sources.put_back), (sources.pause, sources.resume)]
)
def test_an_answer_can_be_taken_back_and_put_back(
    session: Session,
    project: Project,
    word: str,
    out: Callable[..., object],
    back: Callable[..., object],
) -> None:
    """Without its source everything is as before; put back, it is as it was with it."""
    source = make_source(session, project, trust="yes")
    image, (first, _) = make_image(session, source, boxes=2)
    guessed, (guess,) = make_image(session, source, boxes=1, labelled=False, origin="model")
    before = everything(session, project)
    sent = answer(session, project, image, said(MOVED, id=first.id), said(ELSEWHERE))
    item = AnswerItem(image_id=guessed.id or 0, boxes=[said(OLD, id=guess.id)])
    answers.bring_in([item], sent.id or 0, session=session)
    trust(session, sent, word, BEN)
    after = everything(session, project)
    assert after != before
    for _ in range(2):
        out(sent, session=session)
        answers.take_back(sent, session=session)
        assert everything(session, project) == before
        back(sent, session=session)
        answers.settle(sent, member_id=BEN, session=session)
        assert everything(session, project) == after


def test_votes_outlive_an_answer(session: Session, project: Project) -> None:
    """What a member said of a new box counts more than the trust in the answer."""
    image, _ = ready_image(session, project)
    sent = answer(session, project, image, said(OLD), said(ELSEWHERE))
    trust(session, sent, "yes")
    new = session.exec(select(Box).where(Box.origin == "answer")).one()
    decide.vote(
        [new.id or 0],
        "wrong",
        kind="box",
        project_id=project.id or 0,
        member_id=BEN,
        session=session,
    )
    assert counted(session, project, image) == [("cat", 0.1, "right")]


def test_gold_that_an_answer_disputes_is_gold_no_more(session: Session, project: Project) -> None:
    """A box that was known to be right goes as well when a trusted answer leaves it out."""
    image, box = ready_image(session, project)
    box.gold = "right"
    session.add(box)
    trust(session, answer(session, project, image), "yes")
    session.refresh(box)
    assert (box.gold, box.verdict) == (None, "wrong")


@pytest.mark.parametrize("told_by", ["archive", "export"])
def test_later_boxes_are_not_taken_away(session: Session, project: Project, told_by: str) -> None:
    """The archive, else the last export, tells what the other tool could not know."""
    image, box = ready_image(session, project)
    known = {}
    if told_by == "archive":
        known = {"newest_box": box.id or 0}
    else:
        jobs.create(
            kind="labels",
            project_id=project.id,
            chat_id=CHAT,
            member_id=ANN,
            request={"newest_box": box.id},
            session=session,
        )
    drawn = Box(
        project_id=project.id or 0,
        image_id=image.id or 0,
        label="cat",
        **dict(zip(("x1", "y1", "x2", "y2"), ELSEWHERE, strict=True)),
        origin="drawn",
        verdict="right",
    )
    session.add(drawn)
    session.flush()
    sent = answer(session, project, image, said(OLD), **known)
    came = answers.of(sent)
    assert came is not None
    assert came.known_already


def test_a_picture_of_another_project_is_not_touched(session: Session, project: Project) -> None:
    """An answer is about its own project's pictures only."""
    other = make_project(session, "cat", chat_id=-7)
    image, _ = ready_image(session, other)
    sent = answer(session, project, image, said(ELSEWHERE))
    assert answers.of(sent) == answers.Came()
    boxes = session.exec(select(Box).order_by(col(Box.id))).all()
    assert len(boxes) == 1
