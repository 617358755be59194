"""Which update goes to which handler, in one explicit table each."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot import corrections, keys, together
from bot.handlers import (
    add,
    compare,
    datasets,
    drawing,
    dropped,
    export,
    files,
    grid,
    label,
    mapping,
    models,
    notices,
    projects,
    queue,
    schedule,
    settings,
    share,
    sources,
    start,
    stats,
    team,
    train,
    watching,
    why,
)
from bot.turn import Context, Turn, act, answer
from bot.turn import services_of as services_of
from pipeline.errors import UserError
from storage import chats

log = logging.getLogger(__name__)

Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]
Tap = Callable[[Turn, list[str]], str]

COMMAND_HANDLERS: dict[str, Callback] = {
    "start": start.start,
    "help": start.help_,
    "new": projects.new,
    "projects": projects.list_,
    "classes": projects.classes,
    "add": add.add,
    "sources": sources.list_,
    "label": label.label,
    "stats": stats.stats,
    "datasets": datasets.datasets_,
    "train": train.train_,
    "schedule": schedule.schedule_,
    "queue": queue.queue,
    "cancel": queue.cancel,
    "watch": watching.watch,
    "unwatch": watching.unwatch,
    "logs": watching.logs_,
    "notices": notices.notices_,
    "models": models.models,
    "compare": compare.compare,
    "export": export.export,
    "share": share.share,
    "unshare": share.unshare,
    "predict": files.predict,
    "why": why.why,
    "team": team.team_,
    "settings": settings.settings_,
}

TAPS: dict[str, Tap] = {
    "help": start.tap_help,
    "see": start.tap_see,
    "new": projects.tap_new,
    "p": projects.tap_select,
    "cls": projects.tap_classes,
    "add": add.tap_add,
    "sources": sources.tap_sources,
    "srcs": sources.tap_list,
    "src": sources.tap_source,
    "trust": sources.tap_trust,
    "pick": sources.tap_pick,
    "map": mapping.tap_map,
    "rm": sources.tap_remove,
    "unrm": sources.tap_put_back,
    "shelf": dropped.tap_shelf,
    "shelfp": dropped.tap_page,
    "shelf1": dropped.tap_one,
    "shelfa": dropped.tap_all,
    "label": label.tap_label,
    "draw": drawing.tap_draw,
    "s": label.tap_sheet,
    "bulk": label.tap_bulk,
    "round": label.tap_round,
    "d": drawing.tap_drawing,
    "g": grid.tap_grid,
    "correct": corrections.tap_correct,
    "stats": stats.tap_stats,
    "ds": datasets.tap_dataset,
    "dss": datasets.tap_list,
    "all": datasets.tap_everything,
    "train": train.tap_train,
    "go": train.tap_go,
    "q": queue.tap_queue,
    "x": queue.tap_cancel,
    "sched": schedule.tap_schedule,
    "curve": watching.tap_curve,
    "log": watching.tap_log,
    "watch": watching.tap_watch,
    "unwatch": watching.tap_unwatch,
    "nt": notices.tap_notices,
    "models": models.tap_models,
    "use": models.tap_use,
    "cmp": compare.tap_compare,
    "e": export.tap_export,
    "ex": export.tap_form,
    "labels": export.tap_labels,
    "lx": export.tap_labels_form,
    "unshare": share.tap_unshare,
    "why": why.tap_why,
    "team": team.tap_team,
    "set": settings.tap_set,
}

PREPARED: dict[str, Callable[[Context], Awaitable[Tap]]] = {"share": share.prepare_tap}
"""Taps that need something made before the transaction."""

LONG_TOAST = 60
SHARED = ("label", "bulk")
"""Taps that may put a sheet before a whole group: how many people it has is asked first."""


async def tapped(update: Update, context: Context) -> None:
    """A button: `v1:VERB:ARGS…`; the vote is committed before the tap is answered."""
    query = update.callback_query
    if query is None or update.effective_chat is None:
        return
    version, _, rest = (query.data or "").partition(":")
    word, *args = rest.split(":")
    # `train@7`: the button belongs to project 7, whatever the chat works on by now.
    verb, _, project_id = word.partition("@")
    tap = await PREPARED[verb](context) if verb in PREPARED else TAPS.get(verb)

    if verb in SHARED:
        await together.look(update, context)

    def work(turn: Turn) -> str:
        if version != "v1" or tap is None:
            raise OldButton
        try:
            if project_id:
                turn.meant = projects.of_this_chat(turn, int(project_id))
            return tap(turn, args)
        except (ValueError, IndexError, OverflowError):
            # Data that no button of ours ever had: forged, or of a release gone by.
            log.warning("a button's data makes no sense: %.64r", query.data)
            raise OldButton from None

    toast = await act(update, context, work)
    if toast is not None:
        await answer(update, context, toast, alert=len(toast) > LONG_TOAST)


class OldButton(UserError):
    """That button is from long ago. /help shows what I can do now."""


async def captioned(update: Update, context: Context) -> None:
    """A file whose caption is a command: PTB's CommandHandler looks at texts only."""
    message = update.effective_message
    if message is None or not message.caption:
        return
    word, *rest = message.caption.split()
    name, _, to = word.removeprefix("/").partition("@")
    if to and to.lower() != (context.bot.username or "").lower():
        return
    if name.lower() == "predict":
        await files.predict(update, context)
    elif name.lower() == "add":
        words = " ".join(rest)
        await act(update, context, lambda turn: files.keep(turn, message, words))
    elif name.lower() == "settings" and [part.lower() for part in rest] == [keys.COOKIES]:
        await keys.take_cookies(update, context, message.document)
    else:
        await start.unknown(update, context)


async def migrated(update: Update, context: Context) -> None:
    """A group became a supergroup: everything moves along, whichever side tells first."""
    message = update.effective_message
    if message is None:
        return
    here = message.chat_id
    if message.migrate_to_chat_id:
        old, new = here, message.migrate_to_chat_id
    elif message.migrate_from_chat_id:
        old, new = message.migrate_from_chat_id, here
    else:
        return
    await services_of(context).write(lambda session: chats.migrate(old, new, session=session))


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    """All handlers, in order: the first that fits takes the update."""
    new = filters.UpdateType.MESSAGE
    with_file = (
        filters.PHOTO
        | filters.VIDEO
        | filters.VIDEO_NOTE
        | filters.ANIMATION
        | filters.Document.ALL
    )
    unusable = filters.VOICE | filters.AUDIO | filters.Sticker.ALL | filters.CONTACT
    unusable |= filters.LOCATION | filters.POLL
    commands = [
        CommandHandler(name, callback, filters=new) for name, callback in COMMAND_HANDLERS.items()
    ]
    return [
        # First: of all updates these come most often.
        CallbackQueryHandler(tapped),
        MessageHandler(filters.StatusUpdate.MIGRATE, migrated),
        MessageHandler(filters.StatusUpdate.LEFT_CHAT_MEMBER, team.left),
        *commands,
        MessageHandler(new & with_file & filters.CaptionRegex(r"^/\w"), captioned),
        MessageHandler(new & with_file, files.sent),
        MessageHandler(new & filters.COMMAND, start.unknown),
        MessageHandler(new & unusable & filters.ChatType.PRIVATE, files.unusable),
        MessageHandler(new & filters.TEXT, add.text),
        ChatMemberHandler(start.joined, ChatMemberHandler.MY_CHAT_MEMBER),
    ]


def add_to(application: "Application[Any, Any, Any, Any, Any, Any]") -> None:
    """Register everything."""
    application.add_handlers(handlers())
