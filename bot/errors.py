"""The one place where a fault in a handler becomes an answer."""

import logging

from telegram import Update
from telegram.error import Forbidden, NetworkError, TelegramError

from bot.turn import Context, answer, refuse

log = logging.getLogger(__name__)

SORRY = "Something went wrong on my side; nothing was changed. Please try again."


async def on_error(update: object, context: Context) -> None:
    """Log the cause, tell the person in one sentence."""
    error = context.error
    if isinstance(error, (NetworkError, Forbidden)):
        log.warning("telegram: %s", error.message)
        return
    log.error("a handler failed", exc_info=error)
    if not isinstance(update, Update) or isinstance(error, TelegramError):
        return
    if update.callback_query is not None:
        await answer(update, context, SORRY, alert=True)
    elif update.effective_message is not None and update.effective_user is not None:
        await refuse(update, context, SORRY)
