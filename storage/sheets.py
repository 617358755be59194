"""Sheets: which tiles were shown to whom, and what became of them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.models import Sheet, now

SAT_DOWN = timedelta(hours=2)
LEFT_LYING = timedelta(minutes=10)
ON_TABLE = ("preparing", "ready", "open")


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
    goal: int | None = None,
    ahead: bool = False,
    bulk_id: int | None = None,
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
        goal=goal,
        ahead=ahead,
        bulk_id=bulk_id,
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
    """Sheets that wait to be painted: those that somebody waits for first, then oldest first."""
    query = select(Sheet).where(Sheet.state == "preparing")
    return list(session.exec(query.order_by(col(Sheet.ahead), col(Sheet.id))))


def on_table(project_id: int, *, session: Session) -> list[Sheet]:
    """Sheets of the project that somebody has in front of them, or will have next."""
    query = select(Sheet).where(Sheet.project_id == project_id, col(Sheet.state).in_(ON_TABLE))
    return list(session.exec(query))


def before(project_id: int, member_id: int, kind: str, *, session: Session) -> list[int]:
    """What is on the sheets of a member's own that they have not settled."""
    return [
        tile
        for sheet in on_table(project_id, session=session)
        if sheet.member_id == member_id and sheet.kind == kind
        for tile in sheet.tiles
    ]


def in_front(project_id: int, chat_id: int, *, session: Session) -> Sheet | None:
    """The sheet of the project that lies open in the chat, or is being painted for it."""
    query = select(Sheet).where(
        Sheet.project_id == project_id,
        Sheet.chat_id == chat_id,
        col(Sheet.state).in_(ON_TABLE),
        col(Sheet.ahead).is_(False),
    )
    return session.exec(query.order_by(col(Sheet.id).desc()).limit(1)).first()


def taken(project_id: int, kind: str, *, session: Session) -> dict[int, set[int]]:
    """Who is being asked about which subject; a sheet left lying holds its tiles back no longer."""
    held: dict[int, set[int]] = defaultdict(set)
    for sheet in _looked_at(project_id, kind, session=session):
        for tile in sheet.tiles:
            held[tile].add(sheet.member_id)
    return dict(held)


def _looked_at(project_id: int, kind: str, *, session: Session) -> list[Sheet]:
    since = now() - LEFT_LYING
    return [
        sheet
        for sheet in on_table(project_id, session=session)
        if sheet.kind == kind and (sheet.shown_at or sheet.opened_at or since) > since
    ]


def on_hands(project_id: int, *, session: Session) -> dict[str, int]:
    """How many boxes of each class lie before people already."""
    counts: dict[str, int] = defaultdict(int)
    for sheet in _looked_at(project_id, "box", session=session):
        counts[sheet.label] += len(sheet.tiles)
    return dict(counts)


def waiting_behind(key: str, *, session: Session) -> Sheet | None:
    """The sheet of the round that was dealt ahead."""
    query = select(Sheet).where(
        Sheet.key == key, col(Sheet.ahead).is_(True), col(Sheet.state).in_(ON_TABLE)
    )
    return session.exec(query.order_by(col(Sheet.id).desc()).limit(1)).first()


def last_ones(*, session: Session) -> list[int]:
    """Open sheets behind which nothing waits yet, those left lying aside."""
    behind = aliased(Sheet)
    query = select(Sheet.id).where(
        Sheet.state == "open",
        col(Sheet.ahead).is_(False),
        func.coalesce(Sheet.shown_at, Sheet.opened_at) > now() - LEFT_LYING,
        ~select(behind.id)
        .where(
            behind.key == Sheet.key,
            col(behind.ahead).is_(True),
            col(behind.state).in_(ON_TABLE),
        )
        .exists(),
    )
    return [sheet_id for sheet_id in session.exec(query) if sheet_id is not None]


def bring_forward(sheet: Sheet, *, session: Session) -> None:
    """A sheet dealt ahead is the next one: shown at once where it is painted already."""
    sheet.ahead, sheet.opened_at = False, now()
    if sheet.state == "ready":
        sheet.state = "open"
    session.add(sheet)
    session.flush()


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
    query = select(Sheet).where(
        Sheet.key == key, Sheet.state != "aside", col(Sheet.ahead).is_(False)
    )
    return session.exec(query.order_by(col(Sheet.id).desc()).limit(1)).first()


def closed_since(project_id: int, since: datetime, *, session: Session) -> dict[int, int]:
    """Members with a sheet of their own that they closed since then, and how many."""
    query = (
        columns(col(Sheet.member_id), func.count())
        .where(
            col(Sheet.project_id) == project_id,
            col(Sheet.state) == "closed",
            col(Sheet.closed_at) >= since,
        )
        .group_by(col(Sheet.member_id))
    )
    return {member: count for member, count in session.execute(query)}


def waiting_for_more(project_id: int, *, session: Session) -> list[Sheet]:
    """The last sheets of members who settled one lately and have none before them."""
    newest = (
        select(func.max(Sheet.id))
        .where(
            Sheet.project_id == project_id, col(Sheet.member_id) != 0, col(Sheet.state) != "aside"
        )
        .group_by(col(Sheet.member_id))
    )
    query = select(Sheet).where(
        col(Sheet.id).in_(newest),
        col(Sheet.state).in_(("closed", "skipped")),
        col(Sheet.closed_at) > now() - SAT_DOWN,
    )
    return list(session.exec(query))


def close(sheet: Sheet, state: str, *, session: Session) -> None:
    """The sheet is no longer in front of anybody."""
    sheet.state = state
    sheet.closed_at = now()
    session.add(sheet)
    session.flush()


def lay_aside(project_id: int, *, session: Session) -> None:
    """Close what lies open or comes next: it may ask about what just went."""
    for sheet in on_table(project_id, session=session):
        close(sheet, "aside", session=session)


def deal_anew(project_id: int, *, session: Session) -> None:
    """Close what was dealt ahead: something else comes first by now."""
    for sheet in on_table(project_id, session=session):
        if sheet.ahead:
            close(sheet, "aside", session=session)


def reopen(sheet: Sheet, *, session: Session) -> None:
    """Put an earlier sheet on the table again; it is painted anew where its picture is gone."""
    sheet.state, sheet.ahead = "preparing", False
    sheet.shown_at = sheet.closed_at = None
    session.add(sheet)
    session.flush()


def shown(sheet_ids: Iterable[int], *, session: Session) -> None:
    """Telegram accepted the picture: from now on a tap can mean this sheet."""
    for sheet_id in sheet_ids:
        sheet = session.get(Sheet, sheet_id)
        if sheet is not None and sheet.shown_at is None:
            sheet.shown_at = now()
