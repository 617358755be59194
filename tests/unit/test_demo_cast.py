"""Scripted members act, and give way to the visitor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import CallbackContext, CallbackQueryHandler, CommandHandler

from bot.demo import cast as module
from bot.demo.cast import GO_ON, Cast, find
from bot.demo.errors import DemoFailed
from bot.sandbox.client import Member
from bot.sandbox.world import World
from tests.support.sandbox import playing


async def ask(update: Update, context: CallbackContext) -> None:
    """Three buttons, one of which names its project."""
    row = [
        InlineKeyboardButton("1", callback_data="v1:s:7:1"),
        InlineKeyboardButton("✅", callback_data="v1:s:7:ok"),
        InlineKeyboardButton("▶", callback_data="v1:label@3"),
    ]
    await update.effective_message.reply_text("duck?", reply_markup=InlineKeyboardMarkup([row]))


async def take(update: Update, context: CallbackContext) -> None:
    """A toast, and on ✅ the buttons go."""
    await update.callback_query.answer("noted")
    if update.callback_query.data.endswith("ok"):
        await update.callback_query.edit_message_reply_markup(None)


@asynccontextmanager
async def group() -> AsyncIterator[tuple[Cast, Member, Member, list[str]]]:
    """A cast of one, a visitor, and what the terminal is told."""
    world = World()
    handlers = [CommandHandler("sheet", ask), CallbackQueryHandler(take)]
    async with playing(*handlers, world=world) as (sandbox, _):
        ann, visitor = await sandbox.member("Ann"), await sandbox.member("You")
        chat = await sandbox.group("Bath", ann, visitor)
        told: list[str] = []
        yield Cast(chat, world, [ann], pace=0, tell=told.append), ann, visitor, told


async def sheet(cast: Cast, ann: Member):
    """A message with buttons."""
    said = await cast.send(ann.say, cast.chat, "/sheet")
    return await cast.wait(lambda m: find(m, "s") is not None, "the sheet", since=said)


async def test_buttons_are_found_by_what_they_mean():
    """A button is found by the beginning of its data, part by part."""
    async with group() as (cast, ann, _, _):
        shown = await sheet(cast, ann)
        assert find(shown, "s", 7, "ok").text == "✅"
        assert find(shown, "s", 7, 1).text == "1"
        assert find(shown, "s", 71) is None
        assert find(shown, "label").text == "▶"
        assert find(shown, "d") is None


async def test_what_members_do_themselves_pauses_nobody():
    """Own words and taps are told from the visitor's."""
    async with group() as (cast, ann, _, told):
        shown = await sheet(cast, ann)
        answer = await cast.tap(ann, shown, "s", 7, 1)
        assert answer.text == "noted"
        await cast.pause(0)
        assert told == []


async def test_a_button_that_is_gone_is_passed_over():
    """Where the visitor was faster, a tap does nothing and fails nobody."""
    async with group() as (cast, ann, _, _):
        shown = await sheet(cast, ann)
        await cast.tap(ann, shown, "s", 7, "ok")
        await cast.wait(lambda m: m.id == shown.id and not m.buttons, "no buttons", since=shown)
        assert await cast.tap(ann, shown, "s", 7, 1) is None


@pytest.mark.parametrize("how", ["words", "tap"])
async def test_members_wait_while_the_visitor_is_at_it(how):
    """The visitor's words or tap stop the script; “go on” lets it carry on."""
    async with group() as (cast, ann, visitor, told):
        shown = await sheet(cast, ann)
        if how == "words":
            await visitor.say(cast.chat, "what is this?")
        else:
            await visitor.tap(shown, "1")
        pausing = asyncio.create_task(cast.pause(0))
        await cast.chat.wait(lambda m: m.sender == "Ann" and GO_ON in m.text)
        assert not pausing.done()
        await visitor.say(cast.chat, "Go on!")
        await asyncio.wait_for(pausing, 20)
        assert len(told) == 2
        await cast.pause(0)
        assert len(told) == 2


async def test_members_go_on_when_the_visitor_is_calm(monkeypatch):
    """Silence ends the pause as well."""
    monkeypatch.setattr(module, "CALM_SECONDS", 0.2)
    async with group() as (cast, ann, visitor, told):
        await sheet(cast, ann)
        await visitor.say(cast.chat, "hm")
        await asyncio.wait_for(cast.pause(0), 20)
        assert told[-1] == "The others carry on."


async def test_a_bot_that_says_nothing_fails_the_demo_in_words():
    """What did not come is named."""
    async with group() as (cast, ann, _, _):
        said = await cast.send(ann.say, cast.chat, "hello")
        with pytest.raises(DemoFailed, match="the sheet did not come"):
            await cast.wait(lambda m: True, "the sheet", since=said, seconds=0.1)
