"""The Bot API methods that the double implements: one file a family, one table of all."""

from bot.sandbox.methods import bot_face, chat_info, editing, receiving, sending
from bot.sandbox.methods.base import Context, Method

# Telegram ignores the case of a method's name.
METHODS: dict[str, Method] = {
    method.name.lower(): method
    for family in (bot_face, receiving, sending, editing, chat_info)
    for method in family.METHODS
}

__all__ = ["METHODS", "Context", "Method"]
