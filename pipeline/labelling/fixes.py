"""What a wrong box is instead: another class, an object that the box misses, or nothing."""

from sqlmodel import Session, col, select

from pipeline.errors import UserError
from pipeline.labelling import decide
from storage import sheets, votes
from storage.models import Box, Image, Project, Sheet

OFF, NOTHING, CLASS = "off", "nothing", "class:"


class NothingToFix(UserError):
    """That box is settled already. Go on with the next."""


def answer(sheet: Sheet, project: Project, said: str, *, member_id: int, session: Session) -> bool:
    """Keep what the sheet's box is instead, and close; a changed mind replaces what was said.

    Args:
        said: `class:NAME`, off or nothing.

    Returns:
        False where somebody else settled the box meanwhile: then the sheet is put aside.

    Raises:
        NothingToFix: the box is gone.
        UserError: the project has no such class.
    """
    box = session.get(Box, sheet.tiles[0]) if sheet.kind == "fix" else None
    if box is None:
        raise NothingToFix
    label = said.removeprefix(CLASS) if said.startswith(CLASS) else ""
    if label and (label not in project.classes or label == box.label):
        raise UserError("I don't look for that class. /classes shows which ones.")
    if not _still_asked(box, member_id, session):
        sheets.close(sheet, "aside", session=session)
        return False
    _take_back(box, member_id=member_id, session=session)
    _say(box, said, sheet.id, member_id=member_id, session=session)
    if label:
        _another_class(box, label, sheet.id, member_id=member_id, session=session)
    elif said == OFF:
        _image(box, "incomplete", sheet.id, member_id=member_id, session=session)
    sheets.close(sheet, "closed", session=session)
    return True


def _still_asked(box: Box, member_id: int, session: Session) -> bool:
    """Whether the box is wrong, and nobody but this member said what it is instead."""
    assert box.id is not None
    if box.verdict != "wrong":
        return False
    said = votes.current([box.id], kind="fix", project_id=box.project_id, session=session)
    return box.fix == "open" or member_id in said[box.id]


def right_after_all(
    box_ids: list[int], *, project_id: int, member_id: int, session: Session
) -> None:
    """Boxes that turned out right are of no other class, whoever said so, says this member."""
    said = votes.current(box_ids, kind="fix", project_id=project_id, session=session)
    for box_id, answers in said.items():
        classes = {word.removeprefix(CLASS) for word in answers.values() if word.startswith(CLASS)}
        box = session.get(Box, box_id) if classes else None
        if box is None or box.verdict != "right":
            continue
        for label in sorted(classes):
            made = _fixed(box, label, session=session)
            if made is not None and made.verdict != "wrong":
                _deny(made, member_id=member_id, session=session)


def nothing_in(boxes: list[Box], *, member_id: int, session: Session) -> None:
    """Nothing is in any of these boxes."""
    for box in boxes:
        _say(box, NOTHING, None, member_id=member_id, session=session)


def _say(box: Box, said: str, sheet_id: int | None, *, member_id: int, session: Session) -> None:
    assert box.id is not None
    votes.cast(
        [box.id],
        said,
        kind="fix",
        project_id=box.project_id,
        member_id=member_id,
        sheet_id=sheet_id,
        session=session,
    )
    box.fix = "class" if said.startswith(CLASS) else said
    session.add(box)
    session.flush()


def _another_class(
    box: Box, label: str, sheet_id: int | None, *, member_id: int, session: Session
) -> None:
    new = _fixed(box, label, session=session)
    if new is None:
        new = Box(
            project_id=box.project_id,
            image_id=box.image_id,
            label=label,
            x1=box.x1,
            y1=box.y1,
            x2=box.x2,
            y2=box.y2,
            origin="fixed",
            parent_id=box.id,
        )
        session.add(new)
        session.flush()
    assert new.id is not None
    decide.vote(
        [new.id],
        "right",
        kind="box",
        project_id=box.project_id,
        member_id=member_id,
        sheet_id=sheet_id,
        session=session,
    )


def _fixed(box: Box, label: str | None, *, session: Session) -> Box | None:
    query = select(Box).where(Box.parent_id == box.id, Box.origin == "fixed")
    if label is not None:
        query = query.where(Box.label == label)
    return session.exec(query.order_by(col(Box.id)).limit(1)).first()


def _take_back(box: Box, *, member_id: int, session: Session) -> None:
    """Undo what this member said of the box before."""
    assert box.id is not None
    said = votes.current([box.id], kind="fix", project_id=box.project_id, session=session)
    before = said[box.id].get(member_id, "")
    if before.startswith(CLASS):
        made = _fixed(box, before.removeprefix(CLASS), session=session)
        if made is not None:
            _deny(made, member_id=member_id, session=session)
    elif before == OFF and _last_word(box, session) == "incomplete":
        _image(box, "retract", None, member_id=member_id, session=session)


def _deny(made: Box, *, member_id: int, session: Session) -> None:
    assert made.id is not None
    decide.vote(
        [made.id],
        "wrong",
        kind="box",
        project_id=made.project_id,
        member_id=member_id,
        session=session,
    )
    # It was a slip, not a box of its own: nobody has to say what it is instead.
    if made.verdict == "wrong":
        made.fix = NOTHING
        session.add(made)


def _last_word(box: Box, session: Session) -> str | None:
    image = session.get(Image, box.image_id)
    return image.answer if image else None


def _image(box: Box, said: str, sheet_id: int | None, *, member_id: int, session: Session) -> None:
    decide.vote(
        [box.image_id],
        said,
        kind="image",
        project_id=box.project_id,
        member_id=member_id,
        sheet_id=sheet_id,
        session=session,
    )
