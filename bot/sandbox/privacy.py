"""What a bot sees in groups (https://core.telegram.org/bots/features#privacy-mode)."""

from bot.sandbox.chats import Chat, Message, Person
from bot.sandbox.entities import commands


def bot_sees(bot: Person, chat: Chat, message: Message, *, privacy_mode: bool) -> bool:
    """Whether the bot gets an update for a message.

    In private always, but for its own words. In groups: service messages; everything when it is
    an admin or privacy mode is off; else commands meant for it (in text or caption) and replies
    to its own messages. A plain `/cmd` counts, since no other bot is here to take it.
    """
    if not chat.has(bot.id):
        return False
    if message.sender is bot:
        # Of its own doings a bot is told only when it pinned something.
        return chat.is_group and "pinned_message" in message.content
    if not chat.is_group or message.is_service:
        return True
    if chat.is_admin(bot.id) or not privacy_mode:
        return True
    answered = chat.messages.get(message.reply_to or 0)
    if answered is not None and answered.sender is bot:
        return True
    return _is_command_for(message, bot.username or "")


def _is_command_for(message: Message, username: str) -> bool:
    text = message.content.get("text") or message.content.get("caption") or ""
    entities = message.content.get("entities") or message.content.get("caption_entities") or []
    first = [entity for entity in entities if entity["offset"] == 0]
    named = [to for _, to in commands(text, entities)]
    if any(to is not None and to.lower() == username.lower() for to in named):
        return True
    return any(to is None for _, to in commands(text, first))
