"""An admin takes a decision back, or puts it back."""

from sqlmodel import Session, col, select

from pipeline.errors import UserError
from pipeline.labelling import decide
from pipeline.labelling.reasons import BOX
from storage import votes
from storage.models import Box, Sheet, Vote


class NothingToUndo(UserError):
    """There is no decision on that tile."""


def reopen(
    kind: str,
    subject: int,
    *,
    project_id: int,
    member_id: int,
    sheet: Sheet | None = None,
    session: Session,
) -> None:
    """What was decided on a box, image or track does not count any more: it is asked again.

    Args:
        sheet: whole frames that it called right take their boxes along.

    Raises:
        NothingToUndo: it is a test tile, on which nothing is decided.
    """
    _say(votes.REOPEN, kind, subject, project_id, member_id, sheet, session)


def restore(
    kind: str,
    subject: int,
    *,
    project_id: int,
    member_id: int,
    sheet: Sheet | None = None,
    session: Session,
) -> None:
    """What was decided before it was reopened counts again."""
    _say(votes.RESTORE, kind, subject, project_id, member_id, sheet, session)


def _say(
    word: str,
    kind: str,
    subject: int,
    project_id: int,
    member_id: int,
    sheet: Sheet | None,
    session: Session,
) -> None:
    boxes = []
    if kind == BOX:
        boxes = _with_fixed(subject, session)
    elif sheet is not None and sheet.kind == "frame":
        boxes = _by_sheet(subject, sheet, session)
    for about, subjects in ((BOX, boxes), (kind, [] if kind == BOX else [subject])):
        if subjects:
            decide.vote(
                subjects,
                word,
                kind=about,
                project_id=project_id,
                member_id=member_id,
                session=session,
            )


def _with_fixed(box_id: int, session: Session) -> list[int]:
    """The box, and those of another class that were put in its place."""
    box = session.get(Box, box_id)
    if box is None or box.origin == "planted":
        raise NothingToUndo
    # It is no longer known beyond doubt, and measures nobody.
    box.gold = None
    session.add(box)
    session.flush()
    query = select(Box.id).where(Box.parent_id == box_id, Box.origin == "fixed")
    return [box_id, *(fixed for fixed in session.exec(query) if fixed is not None)]


def _by_sheet(image_id: int, sheet: Sheet, session: Session) -> list[int]:
    """The boxes on an image that the sheet called right with it."""
    on_it = select(Box.id).where(Box.image_id == image_id)
    query = select(Vote.subject_id).where(
        Vote.project_id == sheet.project_id,
        Vote.subject_kind == BOX,
        col(Vote.subject_id).in_(on_it),
        Vote.sheet_id == sheet.id,
    )
    return sorted(set(session.exec(query)))
