"""Keys that let members into sources: understood, kept, and taken out of the chat again."""

import json
import logging
import re

from telegram import Document, Message, Update
from telegram.error import BadRequest, TelegramError

from bot.messages import keys as words
from bot.turn import Context, Turn, act, refuse, services_of
from pipeline.errors import UserError
from pipeline.sources import cookiefile
from storage import keys, outbox

log = logging.getLogger(__name__)

OTHER_NAMES = {"hf": "huggingface", "hugging_face": "huggingface"}
OFF = ("off", "-")
PAIR = re.compile(r"\s*(\w+)\s*=\s*(\{[^}]*\}|\S+)")
KEY = re.compile(r"[\w.~+/:-]{8,300}", re.ASCII)
HARMLESS = re.compile(r"\s*\w+\s*|(?:\s*\w+\s*=\s*(?:off|-)(?=\s|$))*\s*", re.IGNORECASE)
"""Words with no key in them, which may stay in the chat."""

COOKIES = "cookies"
COOKIES_FILE = re.compile(r".*cookies.*\.txt", re.IGNORECASE)


def are_meant(said: str) -> bool:
    """Whether words after `/settings` are about a key, well-formed or not."""
    first = re.match(r"\s*(\w+)", said)
    names = re.findall(r"(?<![\w.])(\w+)\s*=", said)
    return any(_name(name) in keys.NAMES for name in [*names, first[1] if first else ""])


def parse(said: str) -> dict[str, str | None]:
    """Understand `kaggle=KEY roboflow=off`: keys by name, None to forget one.

    Raises:
        UserError: something else; the sentence never repeats what was said.
    """
    found: dict[str, str | None] = {}
    rest = said
    while rest.strip():
        pair = PAIR.match(rest)
        name = _name(pair[1]) if pair else ""
        if pair is None or name not in keys.NAMES:
            raise UserError(words.ALONE)
        value, rest = pair[2], rest[pair.end() :]
        if value.casefold() in OFF:
            found[name] = None
        elif name == COOKIES:
            raise UserError(words.COOKIES_HOW)
        else:
            found[name] = _checked(name, value)
    return found


def _name(said: str) -> str:
    return OTHER_NAMES.get(said.casefold(), said.casefold())


def _checked(name: str, value: str) -> str:
    if name == "kaggle" and value.startswith("{"):
        # The content of kaggle.json, as that site hands it out.
        try:
            file = json.loads(value)
            value = f"{file['username']}:{file['key']}"
        except (ValueError, KeyError, TypeError):
            raise UserError(words.no_key(name)) from None
    if not KEY.fullmatch(value):
        raise UserError(words.no_key(name))
    return value


async def take(update: Update, context: Context, said: str) -> None:
    """`/settings kaggle=KEY`: kept in private, refused in a group, out of the chat either way."""

    def work(turn: Turn) -> None:
        if not turn.private:
            turn.say(words.only_in_private(turn.services.username))
        elif said.strip().casefold() == COOKIES:
            turn.say(words.ask_cookies())
        else:
            _change(turn, parse(said))

    try:
        await act(update, context, work)
    finally:
        if not HARMLESS.fullmatch(said):
            await _remove(update, context)


def _change(turn: Turn, wanted: dict[str, str | None]) -> None:
    new = [name for name, value in wanted.items() if value is not None]
    gone, missing = [], []
    for name, value in wanted.items():
        if value is not None:
            keys.keep(turn.member.id, name, value, session=turn.session)
        elif keys.forget(turn.member.id, name, session=turn.session):
            gone.append(name)
        else:
            missing.append(name)
    turn.say(words.kept(new, gone, missing))


async def take_cookies(update: Update, context: Context, document: Document | None) -> None:
    """The file cookies.txt: kept in private after a look at its form, then out of the chat."""
    message = update.effective_message
    private = message is not None and message.chat.type == message.chat.PRIVATE
    try:
        text = await _cookies(document, context) if private else ""
    except UserError as refusal:
        await refuse(update, context, refusal.user_message)
        await _remove(update, context)
        return

    def work(turn: Turn) -> None:
        if not turn.private:
            turn.say(words.only_in_private(turn.services.username))
        else:
            _change(turn, {COOKIES: text})

    try:
        await act(update, context, work)
    finally:
        await _remove(update, context)


async def _cookies(document: Document | None, context: Context) -> str:
    if document is None:
        raise UserError(words.COOKIES_HOW)
    if (document.file_size or 0) > cookiefile.MAX_BYTES:
        raise UserError(cookiefile.NOT_COOKIES)
    try:
        file = await context.bot.get_file(document.file_id)
        # Never on this machine's disk: it is small.
        return cookiefile.read(bytes(await file.download_as_bytearray()))
    except TelegramError as trouble:
        log.info("a file of cookies cannot be fetched: %s", type(trouble).__name__)
        raise UserError("I couldn't fetch that file from Telegram: send it again.") from trouble


def are_cookies(message: Message, bot_id: int) -> bool:
    """Whether a file is cookies by its name, or by being the reply to our question for them."""
    document, replied = message.document, message.reply_to_message
    if document is None:
        return False
    if COOKIES_FILE.fullmatch(document.file_name or ""):
        return True
    author = replied.from_user if replied is not None else None
    # By its words: the row of a message that was just sent may not know its number yet.
    ours = author is not None and author.id == bot_id
    return replied is not None and ours and (replied.text or "").startswith(words.ASK_COOKIES)


async def _remove(update: Update, context: Context) -> None:
    """Take the message that carried a key out of the chat, or ask its author to."""
    message = update.effective_message
    if message is None:
        return
    try:
        await message.delete()
    except TelegramError as trouble:
        if isinstance(trouble, BadRequest) and "not found" in trouble.message.lower():
            # A repeated update: it went the first time.
            return
        log.info("a message with a key stays: %s", trouble.message)
        key = f"key:{message.chat_id}:{message.message_id}"
        await services_of(context).write(
            lambda session: outbox.put(
                key, message.chat_id, words.delete_it_yourself(), session=session
            )
        )
