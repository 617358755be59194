"""`/why` as a reply to a picture: what decided its tiles; an admin can take that back."""

import re
from dataclasses import dataclass

from sqlmodel import col, select
from telegram import Update

from bot import access
from bot.messages import why as words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.labelling import reasons, undo
from pipeline.labelling.reasons import ABOUT, BOX, Reason
from storage import chats, outbox, projects, settings, sheets
from storage.models import Box, Drawing, Job, Message, Project, Sheet

SUBJECT = re.compile(r"(box|image|track)(\d{1,18})")


class WhyWhat(UserError):
    """Reply to a sheet or to a drawing of yours with /why; /why 3 tells all about tile 3."""


class TileGone(UserError):
    """That tile is gone. Send /why again, as a reply to a picture."""


@dataclass(frozen=True)
class Shown:
    """What a picture shows: its tiles, and how a button names the picture."""

    ref: str
    project: Project
    kind: str
    ids: list[int]
    sheet: Sheet | None = None


async def why(update: Update, context: Context) -> None:
    """`/why`, `/why 3`."""
    said = list(context.args or [])
    message = update.effective_message
    replied = message.reply_to_message if message is not None else None

    def work(turn: Turn) -> None:
        row = (
            outbox.find(turn.chat.id, replied.message_id, session=turn.session)
            if replied is not None
            else None
        )
        if row is None:
            raise WhyWhat
        if row.key.startswith("job:"):
            _tell_prediction(turn, row)
            return
        shown = _shown(turn, _ref(row))
        turn.say(_page(turn, shown, _place(said, shown), reply_to=turn.message_id))

    await act(update, context, work)


def _ref(row: Message) -> str:
    """How buttons name what a message shows: `s12` a sheet, `d7` a drawing.

    Raises:
        WhyWhat: it shows nothing that was decided.
    """
    # A sheet that was sent anew further down goes on showing its picture where it lay before.
    sheet = row.sent.get("sheet") or row.payload.get("sheet") or row.payload.get("about")
    if sheet:
        return f"s{sheet}"
    name, _, number = row.key.partition(":")
    if name in ("draw", "drawn") and number.isdecimal():
        return f"d{number}"
    raise WhyWhat


def _tell_prediction(turn: Turn, row: Message) -> None:
    job = turn.session.get(Job, int(row.key.partition(":")[2]))
    if job is None or job.kind != "predict" or job.project_id is None:
        raise WhyWhat
    project = projects.get(job.project_id, session=turn.session)
    turn.say(words.prediction(project, reply_to=turn.message_id))


def _shown(turn: Turn, ref: str) -> Shown:
    """What the picture shows, if this chat may see it.

    Raises:
        UserError: it is another chat's, or gone.
    """
    number = int(ref[1:])
    sheet = sheets.get(number, session=turn.session) if ref[0] == "s" else None
    drawing = turn.session.get(Drawing, number) if ref[0] == "d" else None
    row = sheet or drawing
    if row is None:
        raise TileGone
    project = projects.get(row.project_id, session=turn.session)
    turn.check_own(project)
    if sheet is not None:
        return Shown(ref, project, ABOUT[sheet.kind], list(sheet.tiles), sheet)
    assert drawing is not None
    on_it = select(Box.id).where(
        Box.image_id == drawing.image_id,
        col(Box.verdict).is_not(None),
        # A test would be none any more.
        Box.origin != "planted",
    )
    ids = [box_id for box_id in turn.session.exec(on_it.order_by(col(Box.id))) if box_id]
    if not ids:
        raise UserError("Nothing is decided on that picture yet.")
    return Shown(ref, project, BOX, ids)


def _place(said: list[str], shown: Shown) -> int | None:
    """Which tile `/why 3` means, from 0; None for all."""
    if not said:
        return None
    if len(said) > 1 or not said[0].isdecimal() or not 1 <= int(said[0][:3]) <= len(shown.ids):
        raise UserError(f"Which tile? This picture has 1 to {len(shown.ids)}: /why 1")
    return int(said[0][:3]) - 1


def _page(
    turn: Turn, shown: Shown, place: int | None, *, reply_to: int | None = None
) -> dict[str, object]:
    chosen = settings.of(shown.project)
    ids = shown.ids if place is None else [shown.ids[place]]
    found = _reasons(turn, shown, ids)
    if place is None:
        return words.tiles(
            shown.project, found, shown.ref, many_votes=chosen.many_votes, reply_to=reply_to
        )
    if not found:
        raise TileGone
    return words.detail(
        shown.project,
        found[0],
        place + 1,
        shown.ref,
        votes=chosen.votes_for(found[0].label),
        admin=access.is_admin(turn, shown.project),
        reply_to=reply_to,
    )


def _reasons(turn: Turn, shown: Shown, ids: list[int]) -> list[Reason]:
    sheet = shown.sheet
    # What lay before the whole group and is closed has been seen by all.
    settled = not turn.private and sheet is not None and sheet.state == "closed"
    return reasons.of(
        shown.kind,
        ids,
        shown.project,
        turn.member.id,
        blind=sheet is not None and not settled,
        aloud=not turn.private,
        session=turn.session,
    )


def tap_why(turn: Turn, args: list[str]) -> str:
    """A button under an answer to `/why`: all tiles, one of them, who, undo or back."""
    shown = _shown(turn, args[0])
    if len(args) == 1:
        turn.rewrite(_page(turn, shown, None))
        return ""
    match = SUBJECT.fullmatch(args[1])
    if match is None or match[1] != shown.kind or int(match[2]) not in shown.ids:
        raise TileGone
    subject = int(match[2])
    place = shown.ids.index(subject)
    said = ""
    if len(args) > 2:
        access.check_admin(turn, shown.project, "see and undo what others decided")
        if args[2] == "who":
            return _who(turn, shown, subject)
        said = _decide(turn, shown, subject, args[2])
    turn.rewrite(_page(turn, shown, place))
    return said


def _who(turn: Turn, shown: Shown, subject: int) -> str:
    for reason in _reasons(turn, shown, [subject]):
        if not reason.hidden:
            members = [*reason.answers, *reason.out]
            names = {one: chats.name_of(one, session=turn.session) for one in members}
            return words.who(reason, names) or "Nobody answered"
    raise UserError("That is told once you have answered it yourself.")


def _decide(turn: Turn, shown: Shown, subject: int, what: str) -> str:
    assert shown.project.id is not None
    if what not in ("undo", "back"):
        raise TileGone
    change = undo.reopen if what == "undo" else undo.restore
    change(
        shown.kind,
        subject,
        project_id=shown.project.id,
        member_id=turn.member.id,
        sheet=shown.sheet,
        session=turn.session,
    )
    return "Taken back: it is asked again" if what == "undo" else "Put back"
