"""What an edit on a picture means for its boxes and votes.

Boxes and votes are only added: a box that is moved or gets another class is a new one, and the old
one gets a wrong vote. Every edit carries a name of its own, so one that is sent twice counts once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from pipeline.errors import UserError
from pipeline.labelling import decide, drawings, joining
from pipeline.labelling.edit import (
    Accept,
    Add,
    Change,
    Delete,
    Done,
    Edit,
    Place,
    Reopen,
    Restore,
)
from storage import editor, images, projects, votes
from storage.models import Box, Drawing, EditorTask, Image, Project

MIN_PX = 1.0
"""Of the picture: less is a slip of the finger."""


class EditRefused(UserError):
    """That change makes no sense here. Close the editor and open it from the chat again."""


class BoxGone(EditRefused):
    """Somebody else changed that box first. Look at it as it is now."""


@dataclass(frozen=True)
class Refusal:
    """An edit that changed nothing, and why."""

    id: str
    why: str


def apply(
    task: EditorTask, edits: Sequence[Edit], *, member_id: int, session: Session
) -> list[Refusal]:
    """Do these edits in order; those done before are passed by, refused ones change nothing."""
    work = _Work(task, member_id, session)
    refused = []
    for edit in edits:
        if edit.id in task.made:
            continue
        try:
            made = work.do(edit)
        except EditRefused as why:
            refused.append(Refusal(edit.id, why.user_message))
        else:
            # A new dict: SQLAlchemy does not see changes inside one.
            task.made = {**task.made, edit.id: made}
            session.add(task)
    session.flush()
    return refused


def shown(image_id: int, project: Project, *, member_id: int, session: Session) -> list[Box]:
    """The boxes that a member sees on a picture: none that is wrong, or that they called wrong."""
    boxes = [
        box
        for box in editor.boxes_of(image_id, session=session)
        if box.label in project.classes and box.id is not None
    ]
    ids = [box.id for box in boxes if box.id is not None]
    said = votes.current(ids, kind="box", project_id=project.id or 0, session=session)
    return [box for box in boxes if said[box.id or 0].get(member_id) != "wrong"]


class _Work:
    """Edits of one member on one picture, in one transaction."""

    def __init__(self, task: EditorTask, member_id: int, session: Session) -> None:
        self.task = task
        self.member_id = member_id
        self.session = session
        self.project = projects.get(task.project_id, session=session)
        self.image: Image = images.get(task.image_id, session=session)

    def do(self, edit: Edit) -> int:
        """Do one edit; returns the id of the box that it made, or 0."""
        match edit:
            case Add():
                return self._add(edit.label, edit.place, "drawn", None)
            case Change():
                return self._change(edit)
            case Delete():
                self._drop(self._box(edit.box), "nothing")
            case Accept():
                self._vote([self._seen(edit.box).id or 0], "right")
            case Restore():
                self._vote([self._box(edit.box).id or 0], edit.answer)
            case Done():
                self._done(edit)
            case Reopen():
                self._vote([self.task.image_id], "retract", kind="image")
                self._vote([box.id or 0 for box in self._known(edit.boxes)], "retract")
        return 0

    def _add(self, label: str, place: Place, origin: str, parent_id: int | None) -> int:
        x1, y1, x2, y2 = self._inside(place)
        if label not in self.project.classes:
            raise EditRefused(f"This project has no class {label[:40]} any more.")
        box = Box(
            project_id=self.task.project_id,
            image_id=self.task.image_id,
            label=label,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            origin=origin,
            parent_id=parent_id,
        )
        self.session.add(box)
        self.session.flush()
        assert box.id is not None
        self._vote([box.id], "right")
        return box.id

    def _inside(self, place: Place) -> Place:
        """The part of a place that is on the picture."""
        if not all(math.isfinite(value) for value in place):
            raise EditRefused
        x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in place)
        if (x2 - x1) * self.image.width < MIN_PX or (y2 - y1) * self.image.height < MIN_PX:
            raise EditRefused("That box is too small to see.")
        return x1, y1, x2, y2

    def _change(self, edit: Change) -> int:
        old = self._seen(edit.box)
        relabelled = edit.label != old.label
        made = self._add(edit.label, edit.place, "fixed" if relabelled else "drawn", old.id)
        self._drop(old, f"class:{edit.label}" if relabelled else "off")
        return made

    def _drop(self, box: Box, instead: str) -> None:
        """The box is wrong; `instead` as in a vote of kind fix."""
        # Somebody looked and disagrees: it is no longer known beyond doubt, and measures nobody.
        box.gold = None
        self.session.add(box)
        self.session.flush()
        self._vote([box.id or 0], "wrong")
        self.session.refresh(box)
        if box.fix == "open":
            # What it is instead stands on the picture already: nobody need be asked.
            self._say_instead(box, instead)

    def _done(self, edit: Done) -> None:
        seen = {box.id for box in self._known(edit.seen)}
        mine = shown(
            self.task.image_id, self.project, member_id=self.member_id, session=self.session
        )
        guesses = [box.id or 0 for box in mine if box.verdict is None and box.id in seen]
        said = votes.current(
            guesses, kind="box", project_id=self.task.project_id, session=self.session
        )
        self._vote([box_id for box_id in guesses if self.member_id not in said[box_id]], "right")
        joining.join(self.task.image_id, session=self.session)
        self._vote([self.task.image_id], "complete", kind="image")
        self._close_requests("confirmed" if mine else "nothing")
        self._close_fixes()

    def _close_requests(self, state: str) -> None:
        """A request to draw on this picture is answered by it."""
        query = select(Drawing).where(
            Drawing.image_id == self.task.image_id, col(Drawing.state).in_(drawings.OPEN)
        )
        for drawing in self.session.exec(query):
            drawing.state = state
            self.session.add(drawing)

    def _close_fixes(self) -> None:
        """Wrong boxes of a complete picture need no question any more."""
        query = select(Box).where(Box.image_id == self.task.image_id, Box.fix == "open")
        for box in self.session.exec(query):
            self._say_instead(box, "nothing")

    def _say_instead(self, box: Box, said: str) -> None:
        self._vote([box.id or 0], said, kind="fix")
        box.fix = said.partition(":")[0]
        self.session.add(box)

    def _box(self, ref: int | str) -> Box:
        box_id = self.task.made.get(ref, 0) if isinstance(ref, str) else ref
        box = self.session.get(Box, box_id) if box_id else None
        if box is None or box.image_id != self.task.image_id:
            raise EditRefused
        return box

    def _known(self, refs: Sequence[int | str]) -> list[Box]:
        """Those of these boxes that are there: an edit that was refused made none."""
        return [self._box(ref) for ref in refs if isinstance(ref, int) or self.task.made.get(ref)]

    def _seen(self, ref: int | str) -> Box:
        """A box that this member has before them.

        Raises:
            BoxGone: somebody else changed or deleted it meanwhile.
        """
        box = self._box(ref)
        mine = shown(
            self.task.image_id, self.project, member_id=self.member_id, session=self.session
        )
        if box.id not in {one.id for one in mine}:
            raise BoxGone
        return box

    def _vote(self, subjects: list[int], answer: str, *, kind: str = "box") -> None:
        if subjects:
            decide.vote(
                subjects,
                answer,
                kind=kind,
                project_id=self.task.project_id,
                member_id=self.member_id,
                session=self.session,
            )
