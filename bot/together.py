"""Labelling together: when everybody gets sheets of their own, and the group's board."""

import logging
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session
from telegram import Update
from telegram.error import TelegramError

from bot import access
from bot.messages import together as words
from bot.services import Services
from bot.turn import Context, Turn, services_of
from pipeline.errors import UserError
from pipeline.labelling import rounds as rules
from pipeline.labelling.sheets import next_after
from storage import chats, outbox, projects, rounds, settings, sheets
from storage.models import Chat, Project, Round, Sheet, now

log = logging.getLogger(__name__)

News = tuple[str, dict[str, object]]
"""The state of a round when its board was made up, and the board."""

FEW = 3
"""So many people can share one sheet and still look for themselves."""
KNOWN_FOR = timedelta(minutes=10)
BOARD_EVERY = timedelta(seconds=15)
"""Four edits a minute leave the group's budget to people."""
IN_SIGHT = 3
"""So many messages below a board leave it in sight: a class that sends /label gets one, not 25."""


async def look(update: Update, context: Context) -> None:
    """Ask Telegram how many people the group has, where that is not known of late."""
    where = update.effective_chat
    if where is None or where.type == chats.PRIVATE:
        return
    services = services_of(context)
    row = await services.db.read(lambda session: session.get(Chat, where.id))
    if row is not None and row.people and row.asked_at and now() - row.asked_at < KNOWN_FOR:
        return
    try:
        # The bot itself is one of them.
        people = await context.bot.get_chat_member_count(where.id) - 1
    except TelegramError as trouble:
        log.info("chat %s tells no number of people: %s", where.id, trouble.message)
        return

    def keep(session: Session) -> None:
        chat = chats.chat(where.id, type_=where.type, title=where.title or "", session=session)
        chat.people, chat.asked_at = people, now()

    await services.db.write(keep)


def apart(turn: Turn, project: Project) -> bool:
    """Whether votes have to be independent here: each member on sheets of their own."""
    if turn.private:
        return False
    return settings.of(project).many_votes or (turn.chat.people or 0) > FEW


def board_key(project: Project) -> str:
    """The one pinned board of a project."""
    return f"board:{project.id}"


def show_board(turn: Turn, project: Project) -> None:
    """Put the board before the group, at the end of the chat."""
    assert project.id is not None
    row = rounds.open_for(
        project.id, chat_id=turn.chat.id, member_id=turn.member.id, session=turn.session
    )
    wish = board(project, row, turn.services.username, session=turn.session)
    turn.say(wish, key=board_key(project), fresh=not _in_sight(turn, project))


def _in_sight(turn: Turn, project: Project) -> bool:
    """Whether the live board stands at the end of the chat already, or is on its way there."""
    shown = outbox.get(board_key(project), session=turn.session)
    if shown is None or shown.chat_id != turn.chat.id or not shown.payload.get("pin"):
        return False
    if shown.message_id is None:
        return shown.state == "waiting"
    return shown.message_id + IN_SIGHT >= turn.chat.last_message_id


def board(project: Project, row: Round, username: str, *, session: Session) -> dict[str, object]:
    """What the board shows now."""
    score = rules.score(project, row, session=session)
    names = [chats.name_of(member, session=session) for member in score.tapping]
    left = (row.ends_at - now()).total_seconds() if row.ends_at else row.left_s
    return words.board(project, row, score, tapping=names, left_s=left, username=username)


def refresh_board(
    project: Project, row: Round, username: str, *, at_once: bool = False, session: Session
) -> None:
    """Let the board show what is true now, as often as the group can bear."""
    wish = board(project, row, username, session=session)
    put_board(project, row, wish, at_once=at_once, session=session)


def put_board(
    project: Project,
    row: Round,
    wish: dict[str, object],
    *,
    at_once: bool = False,
    session: Session,
) -> None:
    """Let the board show this, as often as the group can bear."""
    key = board_key(project)
    shown = outbox.get(key, session=session)
    soon = shown.sent_at + BOARD_EVERY if shown and shown.sent_at else None
    outbox.put(
        key,
        row.chat_id,
        wish,
        priority=outbox.ANSWER if at_once else outbox.PROGRESS,
        not_before=None if at_once or soon is None or soon <= now() else soon,
        session=session,
    )


def finish(project: Project, row: Round, username: str, *, session: Session) -> None:
    """End a round and say what it won."""
    if not rules.end(row, session=session):
        return
    session.flush()
    refresh_board(project, row, username, at_once=True, session=session)
    score = rules.score(project, row, session=session)
    names = [chats.name_of(member, session=session) for member in score.members]
    outbox.put(
        f"round:{row.id}",
        row.chat_id,
        words.round_won(project, score, names),
        priority=outbox.RESULT,
        session=session,
    )


def halted(project: Project, *, session: Session) -> bool:
    """Whether a pause of the group's round keeps new sheets back."""
    assert project.id is not None
    row = rounds.live(project.id, session=session)
    return row is not None and row.state == "paused"


def ended_since(project: Project, at: datetime | None, *, session: Session) -> bool:
    """Whether a round of the group ended after that moment."""
    assert project.id is not None
    row = rounds.newest(project.id, session=session)
    over = row is not None and row.state == "ended" and row.ends_at is not None
    return bool(over and row and row.ends_at and at and row.ends_at > at)


def check_may_steer(turn: Turn, project: Project, row: Round) -> None:
    """Let whoever started a round, and the project's admins, pause and end it.

    Raises:
        UserError: it is somebody else's to say.
    """
    if row.state == "waiting" or turn.member.id == row.started_by:
        return
    if access.is_admin(turn, project):
        return
    name = chats.name_of(row.started_by, session=turn.session)
    raise UserError(f"{name} started this round: {name} or an admin can stop it.")


def _called(session: Session) -> dict[int, list[int]]:
    """After a pause: the last sheets of those who wait for more, by round."""
    return {
        row.id: [
            sheet.id
            for sheet in sheets.waiting_for_more(row.project_id, session=session)
            if sheet.id is not None
        ]
        for row in rounds.all_live(session=session)
        if row.id is not None and row.state == "running" and row.told.get("call")
    }


def _call(sheet_id: int, session: Session) -> None:
    """Whoever settled this sheet last, and waits, gets the next one."""
    sheet = session.get_one(Sheet, sheet_id)
    waiting = sheets.waiting_for_more(sheet.project_id, session=session)
    if sheet in waiting:
        next_after(sheet, session=session)


def _all_called(round_id: int, session: Session) -> None:
    row = session.get_one(Round, round_id)
    row.told = {name: value for name, value in row.told.items() if name != "call"}


class Boards:
    """Keeps the boards of live rounds true, and ends rounds whose time is over."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self) -> None:
        """One look at every live round; nothing is written where nothing changed."""
        due, news = await self._services.db.read(self._look)
        if due or news:
            await self._services.write(lambda session: self._keep(due, news, session))
        for round_id, waiting in (await self._services.db.read(_called)).items():
            for sheet_id in waiting:
                # One at a time: dealing takes a while, and the others go on tapping.
                await self._services.write(partial(_call, sheet_id))
            await self._services.write(partial(_all_called, round_id))

    def _look(self, session: Session) -> tuple[list[int], dict[int, News]]:
        """The rounds whose time is over, and boards that are true no more.

        Counting takes a while; here it keeps no tap waiting.
        """
        due: list[int] = []
        news: dict[int, News] = {}
        for row in rounds.all_live(session=session):
            assert row.id is not None
            if rules.is_due(row):
                due.append(row.id)
                continue
            since = now() - 2 * rules.TAPPING_IS
            if row.state != "running" and not sheets.closed_since(
                row.project_id, since, session=session
            ):
                continue
            project = projects.get(row.project_id, session=session)
            wish = board(project, row, self._services.username, session=session)
            shown = outbox.get(board_key(project), session=session)
            if shown is None or shown.payload != wish:
                news[row.id] = (row.state, wish)
        return due, news

    def _keep(self, due: list[int], news: dict[int, News], session: Session) -> None:
        username = self._services.username
        for row_id in (*due, *news):
            row = session.get_one(Round, row_id)
            project = projects.get(row.project_id, session=session)
            if row_id not in news:
                if rules.is_due(row):
                    finish(project, row, username, session=session)
                continue
            state, wish = news[row_id]
            # Somebody may have tapped meanwhile: then the board knows better.
            if row.state == state:
                put_board(project, row, wish, session=session)
