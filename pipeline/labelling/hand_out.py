"""Which open boxes one person, or a chat together, gets to see."""

from collections.abc import Collection

from sqlmodel import Session

from storage import questions, settings, sheets
from storage.models import Project
from storage.questions import Scope

CANDIDATES = 120
TILES = 9


def boxes(
    scope: Scope,
    project: Project,
    label: str,
    member_id: int,
    *,
    besides: Collection[int],
    session: Session,
) -> list[int]:
    """Boxes of this class to ask about next, none that others are being asked about already.

    Args:
        member_id: whose own sheet it is; 0 for one that the chat shares.
        besides: boxes that are not wanted now.
    """
    needed = settings.of(project).votes_for(label)
    before = sheets.taken(scope.project_id, "box", session=session)
    if needed <= 1:
        found = questions.open_boxes(
            scope,
            label=label,
            limit=TILES,
            besides=set(before) | set(besides),
            session=session,
        )
        return [box.id for box in found]
    found = questions.open_boxes(
        scope,
        label=label,
        limit=CANDIDATES,
        besides=besides,
        not_by=member_id or None,
        session=session,
    )
    return [box.id for box in found if box.voters + len(before.get(box.id, ())) < needed][:TILES]
