"""What an edit on a picture means for its boxes and votes."""

from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import Session, col, select

from pipeline.labelling import drawings
from pipeline.labelling.edit import edits
from pipeline.labelling.edits import Refusal, apply, shown
from storage import editor, projects
from storage.models import Box, Drawing, EditorTask, Image, Project, Vote
from storage.progress import standing
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source

PLACE = [0.2, 0.2, 0.5, 0.6]


def opened(session: Session, *, boxes: int = 0, member: int = ANN, **image: object) -> EditorTask:
    """A task of Ann's on a new picture of a project with two classes."""
    project = make_project(session, "cat", "dog")
    source = make_source(session, project, trust=None, labelled=False)
    shot, _ = make_image(session, source, boxes=boxes, labelled=False, **image)
    return task_on(session, shot, member=member)


def task_on(session: Session, image: Image, *, member: int = ANN) -> EditorTask:
    """A task on this picture."""
    assert image.id is not None
    return editor.open_task(image.project_id, image.id, CHAT, member, session=session)


def edit(
    session: Session, task: EditorTask, kind: str, member: int = ANN, **what: object
) -> tuple[str, list[Refusal]]:
    """Do one edit; its name, and what was refused."""
    name = str(what.pop("id", uuid4()))
    [wanted] = edits.validate_python([{"id": name, "kind": kind, **what}])
    return name, apply(task, [wanted], member_id=member, session=session)


def seen(session: Session, task: EditorTask, member: int = ANN) -> list[Box]:
    """What a member sees of the task's picture."""
    project = projects.get(task.project_id, session=session)
    return shown(task.image_id, project, member_id=member, session=session)


def answer(session: Session, task: EditorTask) -> str | None:
    """What is decided on the picture."""
    session.expire_all()
    image = session.get(Image, task.image_id)
    assert image is not None
    return image.answer


def test_a_drawn_box_is_a_right_label(session: Session) -> None:
    """It is new, says who drew it by a vote, and is cut off at the picture's edge."""
    task = opened(session)
    edit(session, task, "add", label="dog", place=[-0.3, 0.2, 0.5, 1.7])
    [box] = seen(session, task)
    assert (box.origin, box.label, box.verdict) == ("drawn", "dog", "right")
    assert (box.x1, box.y1, box.x2, box.y2) == (0.0, 0.2, 0.5, 1.0)


def test_an_edit_that_is_sent_twice_counts_once(session: Session) -> None:
    """An answer that got lost on its way makes the page send again."""
    task = opened(session)
    name, _ = edit(session, task, "add", label="cat", place=PLACE)
    edit(session, task, "add", id=name, label="cat", place=PLACE)
    assert len(seen(session, task)) == 1
    edit(session, task, "delete", box=name)
    assert seen(session, task) == []


@pytest.mark.parametrize(
    ("place", "label", "why"),
    [
        ([0.2, 0.2, 0.2001, 0.6], "cat", "too small"),
        ([0.5, 0.2, 0.2, 0.6], "cat", "too small"),
        ([1.2, 0.2, 1.6, 0.6], "cat", "too small"),
        ([float("nan"), 0.2, 0.6, 0.6], "cat", "makes no sense"),
        (PLACE, "bird", "no class bird"),
    ],
)
def test_a_senseless_box_is_refused(
    session: Session, place: list[float], label: str, why: str
) -> None:
    """One sentence says why, and nothing is changed."""
    task = opened(session)
    _, [refused] = edit(session, task, "add", label=label, place=place)
    assert why in refused.why
    assert task.made == {}
    assert session.exec(select(Box)).all() == []


def test_moving_a_box_adds_a_new_one(session: Session) -> None:
    """The old one is kept, wrong, and nobody is asked what it is instead."""
    task = opened(session, boxes=1, origin="model", proposed=True)
    [guess] = seen(session, task)
    edit(session, task, "change", box=guess.id, label="cat", place=PLACE)
    [box] = seen(session, task)
    assert (box.parent_id, box.origin, box.verdict) == (guess.id, "drawn", "right")
    session.refresh(guess)
    assert (guess.verdict, guess.fix, guess.x2) == ("wrong", "off", 0.3)


def test_another_class_is_a_fix_of_the_old_box(session: Session) -> None:
    """The new box says what the old one is instead."""
    task = opened(session, boxes=1, origin="coco", proposed=True)
    [guess] = seen(session, task)
    edit(session, task, "change", box=guess.id, label="dog", place=[0.1, 0.1, 0.3, 0.4])
    [box] = seen(session, task)
    session.refresh(guess)
    assert (box.label, box.origin, guess.fix) == ("dog", "fixed", "class")


def test_undo_brings_back_what_was_said_before(session: Session) -> None:
    """A deleted drawing is right again, a deleted guess is open again."""
    task = opened(session, boxes=1, origin="model", proposed=True)
    [guess] = seen(session, task)
    mine, _ = edit(session, task, "add", label="cat", place=PLACE)
    for box in (guess.id, mine):
        edit(session, task, "delete", box=box)
    assert seen(session, task) == []
    edit(session, task, "restore", box=guess.id, answer="retract")
    edit(session, task, "restore", box=mine, answer="right")
    assert [box.verdict for box in seen(session, task)] == [None, "right"]


def test_undoing_a_move_takes_two_edits(session: Session) -> None:
    """The new box goes, the old one comes back as it was."""
    task = opened(session)
    first, _ = edit(session, task, "add", label="cat", place=[0.1, 0.1, 0.4, 0.4])
    second, _ = edit(session, task, "change", box=first, label="cat", place=PLACE)
    edit(session, task, "delete", box=second)
    edit(session, task, "restore", box=first, answer="right")
    [box] = seen(session, task)
    assert (box.x1, box.verdict, box.fix) == (0.1, "right", None)


def test_done_makes_the_picture_ready(session: Session) -> None:
    """Open boxes that were seen are right, nothing is missing, and the request is answered."""
    task = opened(session, boxes=2, origin="model", proposed=True)
    first, late = seen(session, task)
    session.add(Drawing(project_id=task.project_id, chat_id=CHAT, image_id=task.image_id))
    edit(session, task, "done", seen=[first.id])
    session.refresh(late)
    assert (answer(session, task), late.verdict) == ("complete", None)
    edit(session, task, "done", seen=[first.id, late.id])
    assert standing(task.project_id, session=session).ready == {task.image_id: [first.id, late.id]}
    assert session.exec(select(Drawing.state)).one() == "confirmed"
    assert drawings.drawn_count(task.project_id, session=session) == 1


def test_done_on_an_empty_picture_keeps_it_as_background(session: Session) -> None:
    """A wrong box on it needs no question any more."""
    task = opened(session, boxes=1, origin="model", proposed=True)
    [guess] = seen(session, task)
    edit(session, task, "delete", box=guess.id)
    edit(session, task, "done")
    assert standing(task.project_id, session=session).ready == {task.image_id: []}


def test_done_can_be_taken_back(session: Session) -> None:
    """The picture waits again, and so do the boxes that it made right."""
    task = opened(session, boxes=1, origin="model", proposed=True)
    [guess] = seen(session, task)
    edit(session, task, "done", seen=[guess.id])
    edit(session, task, "reopen", boxes=[guess.id])
    session.refresh(guess)
    assert (answer(session, task), guess.verdict) == (None, None)


def test_done_passes_by_a_box_that_was_refused(session: Session) -> None:
    """A page that was offline may name a box that never came to be."""
    task = opened(session)
    _, refused = edit(session, task, "done", seen=[str(uuid4())])
    assert refused == []
    assert answer(session, task) == "complete"


def test_two_people_cannot_both_move_a_box(session: Session) -> None:
    """The later one is told, instead of leaving two boxes on one cat."""
    task = opened(session, boxes=1, origin="model", proposed=True, member=0)
    [guess] = seen(session, task)
    edit(session, task, "change", ANN, box=guess.id, label="cat", place=PLACE)
    _, [refused] = edit(
        session, task, "change", BEN, box=guess.id, label="cat", place=[0.1, 0.2, 0.3, 0.4]
    )
    assert "Somebody else changed that box first" in refused.why
    assert [box.x1 for box in seen(session, task, BEN)] == [0.2]


def test_deleting_twice_is_no_quarrel(session: Session) -> None:
    """Both wanted it gone, and it is gone."""
    task = opened(session, boxes=1, origin="model", proposed=True, member=0)
    [guess] = seen(session, task)
    for member in (ANN, BEN):
        assert edit(session, task, "delete", member, box=guess.id)[1] == []


def test_a_box_of_another_picture_is_out_of_reach(session: Session) -> None:
    """A task changes nothing but its own picture."""
    task = opened(session, boxes=1, origin="model", proposed=True)
    image = session.get(Image, task.image_id)
    assert image is not None
    source = make_source(session, projects.get(task.project_id, session=session))
    other, _ = make_image(session, source)
    for what in ({"kind": "delete"}, {"kind": "accept"}, {"kind": "restore", "answer": "right"}):
        box = seen(session, task)[0].id
        _, [refused] = edit(session, task_on(session, other), box=box, **what)
        assert "makes no sense" in refused.why
    assert session.exec(select(Vote)).all() == []


def test_correcting_a_known_box_ends_its_being_known(session: Session) -> None:
    """Somebody looked and disagrees: it counts by votes again and measures nobody."""
    task = opened(session)
    name, _ = edit(session, task, "add", label="cat", place=PLACE)
    [box] = seen(session, task)
    box.gold = "right"
    session.add(box)
    edit(session, task, "delete", BEN, box=name)
    session.refresh(box)
    assert (box.gold, box.verdict) == (None, "wrong")


def test_what_a_member_deleted_is_gone_for_them(session: Session) -> None:
    """Where several votes are needed it stays open for the others."""
    task = opened(session, boxes=1, origin="model", proposed=True, member=0)
    project = session.get(Project, task.project_id)
    assert project is not None
    project.settings = {"votes": 3}
    session.add(project)
    [guess] = seen(session, task)
    edit(session, task, "delete", box=guess.id)
    assert seen(session, task) == []
    assert seen(session, task, BEN) == [guess]


def test_planted_boxes_are_not_shown(session: Session) -> None:
    """A box that is there to see who looks is no box to work on."""
    task = opened(session, boxes=1, origin="planted", proposed=True)
    assert seen(session, task) == []


def test_a_link_that_is_still_good_is_handed_out_again(session: Session) -> None:
    """A message that shows it need not change; another member gets another one."""
    task = opened(session)
    image = session.get(Image, task.image_id)
    assert image is not None
    assert task_on(session, image).token == task.token
    assert task_on(session, image, member=BEN).token != task.token


def test_what_waits_is_told_apart(session: Session) -> None:
    """Pictures to draw on come before those with guesses and those to be confirmed."""
    task = opened(session)
    project = projects.get(task.project_id, session=session)
    source = make_source(session, project, trust=None, labelled=False)
    guessed, _ = make_image(session, source, boxes=1, origin="model", proposed=True, labelled=False)
    empty, _ = make_image(session, source, proposed=True, labelled=False)
    ready, _ = make_image(session, source, proposed=True, labelled=False)
    edit(session, task_on(session, ready), "done")
    draw, more = editor.waiting(project, session=session)
    assert draw == [task.image_id]
    assert more == [guessed.id, empty.id]


def test_the_frame_before_is_of_the_same_video(session: Session) -> None:
    """The last one kept before this one, not a neighbour by chance."""
    project = make_project(session)
    clip, other = make_source(session, project), make_source(session, project)
    first, _ = make_image(session, clip, seconds=1.0, group="v")
    make_image(session, other, seconds=1.5, group="w")
    second, _ = make_image(session, clip, seconds=2.0, group="v")
    assert editor.frame_before(second, session=session) == first
    assert editor.frame_before(first, session=session) is None


@pytest.mark.parametrize(
    "row",
    [
        {"kind": "add", "id": "1", "label": "cat", "place": PLACE},
        {"kind": "boom", "id": str(uuid4())},
        {"kind": "delete", "id": str(uuid4()), "box": "../../x"},
        {"kind": "delete", "id": str(uuid4()), "box": 1.5},
        {"kind": "add", "id": str(uuid4()), "label": "cat", "place": [0, 0, 1]},
        {"kind": "done", "id": str(uuid4()), "seen": [1], "more": True},
    ],
)
def test_edits_of_another_shape_are_not_read(row: dict[str, object]) -> None:
    """What no page of ours sends never comes near the tables."""
    with pytest.raises(ValidationError):
        edits.validate_python([row])


def test_votes_are_only_added(session: Session) -> None:
    """Whatever is edited, every answer stays as a row."""
    task = opened(session)
    name, _ = edit(session, task, "add", label="cat", place=PLACE)
    edit(session, task, "delete", box=name)
    edit(session, task, "restore", box=name, answer="right")
    kinds = select(Vote.answer).where(Vote.subject_kind == "box").order_by(col(Vote.id))
    assert list(session.exec(kinds)) == ["right", "wrong", "right"]
