"""Which open boxes one person, or a chat together, gets to see."""

from collections.abc import Collection

from sqlmodel import Session

from pipeline.labelling.assign import Tile, choose
from pipeline.labelling.consensus import Skills
from storage import open_boxes, settings, sheets, skills, votes
from storage.models import Project
from storage.questions import OpenBox, Scope

TILES = 9
CANDIDATES = 200
"""Open boxes looked at to fill a sheet of somebody's own."""


def boxes(
    scope: Scope,
    project: Project,
    label: str,
    member_id: int,
    *,
    besides: Collection[int],
    tracks: Collection[int] = (),
    answered: Collection[int] = (),
    only_on: Collection[int] | None = None,
    session: Session,
) -> list[int]:
    """Boxes of this class to ask about next: what one vote decides is on one sheet at a time.

    Args:
        member_id: whose own sheet it is; 0 for one that the chat shares.
        besides: boxes that are not wanted now.
        tracks: asked about as a whole, not box by box.
        answered: tracks that the member said something of already.
        only_on: the images whose boxes alone are wanted; a few.
    """
    needed = settings.of(project).votes_for(label)
    held = sheets.taken(scope.project_id, "box", session=session)
    found = open_boxes.of(
        scope,
        label=label,
        limit=TILES if needed <= 1 else CANDIDATES,
        besides=set(held) | set(besides) if needed <= 1 else besides,
        # Whose votes were discarded is not asked the same for ever.
        not_by=member_id or None,
        besides_on=sheets.taken(scope.project_id, "frame", session=session),
        besides_of=tracks,
        answered=answered,
        only_on=only_on,
        session=session,
    )
    if needed <= 1:
        return [box.id for box in found]
    out = votes.discarded(scope.project_id, session=session)
    known = skills.of_project(scope.project_id, kind="box", make=Skills, session=session)
    return choose(
        _tiles(found, held, needed, scope.project_id, session),
        member_id,
        known,
        count=TILES,
        crowd=skills.active(scope.project_id, kind="box", session=session) - out,
    )


def first_on(
    image_ids: Collection[int],
    scope: Scope,
    project: Project,
    member_id: int,
    *,
    besides: Collection[int],
    tracks: Collection[int],
    answered: Collection[int],
    session: Session,
) -> tuple[str, list[int]] | None:
    """A class and its boxes on these images, then others of it; None where none is open there.

    Arguments as in `boxes`.
    """

    def some(label: str, besides: Collection[int], only_on: Collection[int] | None) -> list[int]:
        return boxes(
            scope,
            project,
            label,
            member_id,
            besides=besides,
            tracks=tracks,
            answered=answered,
            only_on=only_on,
            session=session,
        )

    for label in open_boxes.labels_on(scope, image_ids, session=session):
        if first := some(label, besides, image_ids):
            return label, [*first, *some(label, {*besides, *first}, None)]
    return None


def _tiles(
    found: list[OpenBox],
    held: dict[int, set[int]],
    needed: int,
    project_id: int,
    session: Session,
) -> list[Tile]:
    ids = [box.id for box in found]
    said = votes.counting(ids, kind="box", project_id=project_id, session=session).answers
    return [
        Tile(
            id=box_id,
            answers=votes.yes_no(said[box_id]),
            pending=frozenset(held.get(box_id, ())),
            needed=needed,
        )
        for box_id in ids
    ]
