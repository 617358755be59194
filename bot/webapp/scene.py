"""What the editor's page shows of a picture, as plain JSON."""

import hashlib
import json
from typing import Any

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.labelling import edits
from pipeline.labelling.colours import colours
from storage import editor, projects, votes
from storage.models import Box, EditorTask, Image, Project
from storage.votes import GUESSED

Json = dict[str, Any]


class PictureGone(UserError):
    """This picture was removed from the project. Close the editor and go on in the chat."""


def scene(task: EditorTask, *, member_id: int, session: Session) -> Json:
    """The picture of a task as this member sees it. `rev` changes with what it shows.

    Raises:
        PictureGone: its source was removed.
    """
    project = projects.get(task.project_id, session=session)
    image = picture(task, session=session)
    frame = editor.frame_before(image, session=session)
    names = {box_id: name for name, box_id in task.made.items() if box_id}
    boxes = edits.shown(task.image_id, project, member_id=member_id, session=session)
    said = votes.current(
        [box.id or 0 for box in boxes], kind="box", project_id=task.project_id, session=session
    )
    told: Json = {
        "project": project.name,
        "picture": {"id": image.id, "width": image.width, "height": image.height},
        "classes": _classes(project),
        "boxes": [
            _box(box)
            | {"name": names.get(box.id or 0), "mine": said[box.id or 0].get(member_id) == "right"}
            for box in boxes
        ],
        "before_of": frame.id if frame else None,
        "before": _before(frame, project, member_id, session),
        "done": image.answer == "complete",
    }
    return told | {"rev": _revision(told)}


def picture(task: EditorTask, *, session: Session) -> Image:
    """The task's picture.

    Raises:
        PictureGone: its source was removed.
    """
    image = editor.live_image(task, session=session)
    if image is None:
        raise PictureGone
    return image


def waiting(task: EditorTask, *, session: Session) -> Json:
    """How many pictures wait for a hand, and how many for anything else."""
    project = projects.get(task.project_id, session=session)
    draw, more = editor.waiting(project, session=session)
    return {"draw": len(draw), "more": len(more)}


def _classes(project: Project) -> list[Json]:
    palette = colours(project.classes, project.classes)
    return [
        {"name": name, "colour": "#{:02x}{:02x}{:02x}".format(*palette[name])}
        for name in project.classes
    ]


def _box(box: Box) -> Json:
    return {
        "id": box.id,
        "label": box.label,
        "place": [box.x1, box.y1, box.x2, box.y2],
        "open": box.verdict is None,
        "guess": box.verdict is None and box.origin in GUESSED,
    }


def _before(frame: Image | None, project: Project, member_id: int, session: Session) -> list[Json]:
    """The boxes of the frame before, for copying; guesses are not handed on."""
    if frame is None or frame.id is None:
        return []
    boxes = edits.shown(frame.id, project, member_id=member_id, session=session)
    return [
        {"label": box.label, "place": [box.x1, box.y1, box.x2, box.y2]}
        for box in boxes
        if box.verdict == "right" or box.origin not in GUESSED
    ]


def _revision(told: Json) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
