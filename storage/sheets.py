"""Sheets: which tiles were shown to whom, and what became of them."""

from collections.abc import Iterable
from datetime import timedelta

from sqlmodel import Session, col, select

from storage.models import Sheet, now

LEFT_LYING = timedelta(minutes=10)


def create(
    *,
    project_id: int,
    chat_id: int,
    member_id: int,
    kind: str,
    label: str,
    tiles: list[int],
    left: int,
    key: str,
    previous_id: int | None,
    session: Session,
) -> Sheet:
    """A sheet that waits to be painted."""
    sheet = Sheet(
        project_id=project_id,
        chat_id=chat_id,
        member_id=member_id,
        kind=kind,
        label=label,
        tiles=tiles,
        left=left,
        key=key,
        previous_id=previous_id,
        opened_at=now(),
    )
    session.add(sheet)
    session.flush()
    return sheet


def get(sheet_id: int, *, session: Session) -> Sheet | None:
    """The sheet, if there is one with this id."""
    return session.get(Sheet, sheet_id)


def preparing(*, session: Session) -> list[Sheet]:
    """Sheets that wait to be painted, oldest first."""
    return list(
        session.exec(select(Sheet).where(Sheet.state == "preparing").order_by(col(Sheet.id)))
    )


def on_table(project_id: int, *, session: Session) -> list[Sheet]:
    """Sheets of the project that somebody has in front of them."""
    query = select(Sheet).where(
        Sheet.project_id == project_id, col(Sheet.state).in_(("preparing", "open"))
    )
    return list(session.exec(query))


def taken(project_id: int, kind: str, *, session: Session) -> set[int]:
    """Subjects on a sheet that somebody looks at; one left lying holds its tiles back no longer."""
    since = now() - LEFT_LYING
    return {
        tile
        for sheet in on_table(project_id, session=session)
        if sheet.kind == kind and (sheet.shown_at or sheet.opened_at or since) > since
        for tile in sheet.tiles
    }


def skipped(project_id: int, kind: str, key: str, *, session: Session) -> set[int]:
    """Subjects skipped in this round: they come last."""
    query = select(Sheet).where(
        Sheet.project_id == project_id,
        Sheet.kind == kind,
        Sheet.key == key,
        Sheet.state == "skipped",
    )
    return {tile for sheet in session.exec(query) for tile in sheet.tiles}


def closed_in_round(key: str, *, session: Session) -> int:
    """How many sheets of the round are done."""
    query = select(Sheet.id).where(Sheet.key == key, col(Sheet.state).in_(("closed", "skipped")))
    return len(list(session.exec(query)))


def newest_of_round(key: str, *, session: Session) -> Sheet | None:
    """The sheet of the round that was last in front of anybody."""
    query = select(Sheet).where(Sheet.key == key, Sheet.state != "aside")
    return session.exec(query.order_by(col(Sheet.id).desc()).limit(1)).first()


def close(sheet: Sheet, state: str, *, session: Session) -> None:
    """The sheet is no longer in front of anybody."""
    sheet.state = state
    sheet.closed_at = now()
    session.add(sheet)
    session.flush()


def reopen(sheet: Sheet, *, session: Session) -> None:
    """Put an earlier sheet on the table again; it is painted anew where its picture is gone."""
    sheet.state = "preparing"
    sheet.shown_at = sheet.closed_at = None
    session.add(sheet)
    session.flush()


def shown(sheet_ids: Iterable[int], *, session: Session) -> None:
    """Telegram accepted the picture: from now on a tap can mean this sheet."""
    for sheet_id in sheet_ids:
        sheet = session.get(Sheet, sheet_id)
        if sheet is not None and sheet.shown_at is None:
            sheet.shown_at = now()
