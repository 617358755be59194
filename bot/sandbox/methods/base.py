"""What every Bot API method needs: its call, its chat, its text and its keyboard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.chats import Chat, Json, Message
from bot.sandbox.entities import Entity, detect, parse_html, trim
from bot.sandbox.errors import ApiError, MemberError, Refused, bad_request, forbidden
from bot.sandbox.keyboards import Markup, split_markup
from bot.sandbox.params import Params
from bot.sandbox.world import World


@dataclass(frozen=True)
class Context:
    """One call: the world it acts on and what it asks."""

    world: World
    params: Params


@dataclass(frozen=True)
class Method:
    """A Bot API method: its name, what runs it and the parameters it knows."""

    name: str
    run: Callable[[Context], Awaitable[Any]]
    params: frozenset[str]


def method(name: str, run: Callable[[Context], Awaitable[Any]], params: str, *more: str) -> Method:
    """A method whose parameters are written as words."""
    return Method(name, run, frozenset(" ".join((params, *more)).split()))


# Parameters that all sending methods share.
SENDING = (
    "chat_id message_thread_id disable_notification protect_content reply_parameters "
    "allow_paid_broadcast message_effect_id"
)
CAPTION = "caption parse_mode caption_entities show_caption_above_media"


def find_chat(context: Context) -> Chat:
    """The chat of `chat_id`, as it is.

    Raises:
        ApiError: 400 when the bot never met it, or when it has become a supergroup.
    """
    try:
        chat = context.world.chat(context.params.integer("chat_id"))
    except (ApiError, MemberError) as error:
        raise bad_request("chat not found") from error
    if chat.migrated_to is not None:
        raise ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": chat.migrated_to},
        )
    return chat


def open_chat(context: Context) -> Chat:
    """The chat of `chat_id`, where the bot may speak.

    Raises:
        ApiError: 403 when the member never started the bot or blocked it, or the bot is no
            member of the group.
    """
    chat = find_chat(context)
    world = context.world
    if not chat.is_group:
        person = world.person(chat.id)
        if person.blocked:
            raise forbidden("bot was blocked by the user")
        if not person.started:
            raise forbidden("bot can't initiate conversation with a user")
    elif not chat.has(world.bot.id):
        if chat.members.get(world.bot.id) == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    if context.params.values.get("message_thread_id"):
        raise bad_request("message thread not found")
    return chat


def formatted(params: Params, name: str, entities_name: str) -> tuple[str, list[Entity]]:
    """A text with its entities, from a parse_mode or a list of entities.

    Raises:
        ApiError: 400 when the HTML does not parse.
        Refused: For MarkdownV2 and Markdown.
    """
    source = params.text(name)
    mode = params.text("parse_mode")
    if mode.lower() == "html":
        text, entities = parse_html(source)
    elif mode:
        raise Refused(f"parse_mode {mode}")
    else:
        text, entities = trim(source, params.structure(entities_name) or [])
    return text, detect(text, entities)


def markups(context: Context, chat: Chat) -> tuple[Markup | None, Markup | None]:
    """The inline keyboard and the prompt of `reply_markup`, checked."""
    return split_markup(context.params.structure("reply_markup"), private=not chat.is_group)


def answered(context: Context, chat: Chat) -> int | None:
    """The message that `reply_parameters` names, or None.

    Raises:
        ApiError: 400 when it is gone and the call does not allow to send without it.
    """
    wanted = context.params.structure("reply_parameters")
    if not wanted:
        return None
    if wanted.get("chat_id") not in (None, chat.id):
        raise Refused("a reply to another chat")
    message = chat.messages.get(int(wanted["message_id"]))
    if message is not None and not message.deleted:
        return message.id
    if wanted.get("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def spend(context: Context, chat: Chat, cost: int = 1) -> None:
    """Count messages against the bot's pace; 429 when there are too many."""
    context.world.pace.spend(chat.id, chat.is_group, context.world.now(), cost)


def post(context: Context, chat: Chat, content: Json) -> Message:
    """Send a message of the bot with the call's reply, keyboard and sound."""
    keyboard, prompt = markups(context, chat)
    reply_to = answered(context, chat)
    if keyboard is not None:
        content = content | {"reply_markup": keyboard}
    spend(context, chat)
    return context.world.post(
        chat,
        context.world.bot,
        content,
        reply_to=reply_to,
        silent=context.params.boolean("disable_notification"),
        prompt=prompt,
    )
