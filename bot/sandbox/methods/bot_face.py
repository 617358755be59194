"""The methods about the bot itself: who it is, its commands, its texts."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.sandbox.chats import Json
from bot.sandbox.errors import bad_request
from bot.sandbox.methods.base import Context, method

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
# Longest text of each kind (https://core.telegram.org/bots/api#setmydescription and beside it).
_TEXTS = {"description": 512, "short_description": 120, "name": 64}


async def get_me(context: Context) -> Json:
    """The bot as a user."""
    return context.world.bot.user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not context.world.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_commands(context: Context) -> bool:
    """Keep the commands of a scope and language."""
    commands = context.params.structure("commands")
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad_request("can't parse commands: expected up to 100 commands")
    for command in commands:
        if not _COMMAND.fullmatch(str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    context.world.face.commands[_scope(context)] = commands
    context.world.touch()
    return True


async def get_commands(context: Context) -> list[Json]:
    """The commands of exactly this scope and language."""
    return context.world.face.commands.get(_scope(context), [])


async def delete_commands(context: Context) -> bool:
    """Forget the commands of a scope and language."""
    context.world.face.commands.pop(_scope(context), None)
    context.world.touch()
    return True


async def set_text(context: Context) -> bool:
    """Keep the bot's description, short description or name, each in a language."""
    for kind, most in _TEXTS.items():
        if kind in context.params.values:
            text = context.params.text(kind)
            if len(text) > most:
                raise bad_request(f"{kind} is too long")
            context.world.face.texts[_text_key(context, kind)] = text
    return True


async def set_menu_button(context: Context) -> bool:
    """Keep the menu button."""
    context.world.face.menu_button = context.params.structure("menu_button") or {"type": "default"}
    context.world.touch()
    return True


async def get_menu_button(context: Context) -> Json:
    """The menu button."""
    return context.world.face.menu_button


def _text_getter(kind: str) -> Any:
    async def get_text(context: Context) -> Json:
        return {kind: context.world.face.texts.get(_text_key(context, kind), "")}

    return get_text


def _text_key(context: Context, kind: str) -> str:
    return f"{kind}:{context.params.text('language_code')}"


def _scope(context: Context) -> str:
    """A key for a scope and a language: which commands a member sees is told apart by it."""
    scope = context.params.structure("scope") or {"type": "default"}
    where = [scope["type"], scope.get("chat_id"), scope.get("user_id")]
    return json.dumps([*where, context.params.text("language_code")])


METHODS = (
    method("getMe", get_me, ""),
    method("setMyCommands", set_commands, "commands scope language_code"),
    method("getMyCommands", get_commands, "scope language_code"),
    method("deleteMyCommands", delete_commands, "scope language_code"),
    method("setMyDescription", set_text, "description language_code"),
    method("getMyDescription", _text_getter("description"), "language_code"),
    method("setMyShortDescription", set_text, "short_description language_code"),
    method("getMyShortDescription", _text_getter("short_description"), "language_code"),
    method("setMyName", set_text, "name language_code"),
    method("getMyName", _text_getter("name"), "language_code"),
    method("setChatMenuButton", set_menu_button, "chat_id menu_button"),
    method("getChatMenuButton", get_menu_button, "chat_id"),
)
