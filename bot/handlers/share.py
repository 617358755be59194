"""`/share` and `/unshare`: links to a model's page for people outside."""

import asyncio
from collections.abc import Callable

from telegram import Update

from bot import access, qr
from bot.desk import page_addresses, page_at
from bot.messages import share as words
from bot.turn import Context, Turn, act, services_of
from bot.versions import model_of, number_in
from pipeline.errors import UserError
from storage import outbox, projects, shares
from storage.models import Model, Project, Share

MOST = 20
"""Links to one model at a time: each is for somebody, and to be remembered by somebody."""

TO = "share models"
TO_END = "end links"


async def share(update: Update, context: Context) -> None:
    """`/share [N]`: a new link, with its QR picture."""
    said = list(context.args or [])
    token, picture = await _paint(context)
    await act(update, context, lambda turn: _share(turn, number_in(said), token, picture))


async def prepare_tap(context: Context) -> Callable[[Turn, list[str]], str]:
    """📤 Give to a friend: as `/share N`."""
    token, picture = await _paint(context)

    def tap(turn: Turn, args: list[str]) -> str:
        _share(turn, int(args[0]), token, picture)
        return "📤"

    return tap


async def _paint(context: Context) -> tuple[str, bytes]:
    """The token of a link to come, and the QR picture of its address, if it will have one."""
    base = services_of(context).settings.public_url
    token = shares.new_token()
    # Painted before the transaction: it takes as long as twenty others.
    return token, await asyncio.to_thread(qr.png, page_at(base, token)) if base else b""


def _share(turn: Turn, number: int | None, token: str, picture: bytes) -> None:
    project = turn.project
    access.check_admin(turn, project, TO)
    model = model_of(turn, number)
    _check_page(turn, model)
    services = turn.services
    base = services.settings.public_url
    if not base:
        _, local = page_addresses(model, public_url="", web_url=services.web_url)
        turn.say(words.no_address(project, model, local))
        return
    if shares.count_open(model, session=turn.session) >= MOST:
        raise UserError(
            f"v{model.number} has {MOST} links already: /unshare {model.number} ends them."
        )
    row = shares.create(model, token, member_id=turn.member.id, session=turn.session)
    key = services.places.files.put_bytes(picture, suffix=".png")
    turn.say(words.shared(project, model, row, page_at(base, token), key))


def _check_page(turn: Turn, model: Model) -> None:
    page = turn.services.places.pages / model.page_token / "index.html"
    # One look at the disk: models of which no package could be made have none.
    if not page.is_file():
        raise UserError(f"v{model.number} has no page yet: /export {model.number} makes it.")


async def unshare(update: Update, context: Context) -> None:
    """`/unshare [N]`: the links to model N, or all of the project's."""
    said = list(context.args or [])
    await act(update, context, lambda turn: _unshare(turn, said))


def _unshare(turn: Turn, said: list[str]) -> None:
    project = turn.project
    access.check_admin(turn, project, TO_END)
    number = number_in(said)
    model = model_of(turn, number) if number is not None else None
    assert project.id is not None
    rows = shares.open_of(project.id, model.id if model else None, session=turn.session)
    if not rows:
        raise UserError(
            f"No link leads to v{number}. /share {number} makes one."
            if model
            else "No link leads to a model of this project. /share makes one."
        )
    _end(turn, project, rows)


def tap_unshare(turn: Turn, args: list[str]) -> str:
    """✖ End this link."""
    try:
        row = shares.get(int(args[0]), session=turn.session)
        project = projects.get(row.project_id, session=turn.session)
    except LookupError:
        raise UserError("That link is gone.") from None
    access.check_admin(turn, project, TO_END)
    if row.ended_at is not None:
        return "It leads nowhere already"
    _end(turn, project, [row])
    if turn.tapped is not None:
        shown = outbox.find(turn.chat.id, turn.tapped, session=turn.session)
        if shown is not None:
            outbox.strip(shown.key, session=turn.session)
    return "✖"


def _end(turn: Turn, project: Project, rows: list[Share]) -> None:
    numbers = []
    for row in rows:
        shares.end(row, session=turn.session)
        model = turn.session.get(Model, row.model_id)
        numbers.append(model.number if model else 0)
    turn.say(words.ended(project, numbers))
