"""Tapping what is wrong, sheet by sheet."""

import asyncio

from bot.demo.cast import find
from bot.demo.stage import Stage, id_in
from bot.sandbox.client import Member, Message

LOOK_FIRST_SECONDS = 0.8
"""A sheet that has only just come takes no ✅ yet."""


async def check(stage: Stage) -> None:
    """Answer sheets, member by member, until nothing is left to ask.

    Raises:
        DemoFailed: no sheet came, nor the word that all is checked.
    """
    cast = stage.cast
    begun = await stage.newest("label")
    await cast.tap(stage.ann, begun, "label")
    since, turns = begun.version, 0
    while True:
        shown = await cast.wait(
            lambda m: find(m, "s") is not None or find(m, "train") is not None,
            "a sheet",
            since=since,
        )
        since = shown.version
        if find(shown, "s") is None:
            return
        sheet = id_in(shown, "s")
        # A sheet just answered stands in the chat until the next one is drawn.
        if await stage.eyes.is_open(sheet):
            await _answer(stage, cast.members[turns % len(cast.members)], shown, sheet)
            turns += 1


async def _answer(stage: Stage, member: Member, shown: Message, sheet: int) -> None:
    cast = stage.cast
    instead = await stage.eyes.instead(sheet)
    if instead is not None:
        cast.tell(f"A box that was wrong comes back: {member.name} says what it is instead.")
        await cast.tap(member, shown, "s", sheet, instead, pause=1.0)
        return
    faults = await stage.eyes.faults(sheet)
    if faults is None:
        # Pictures of the visitor's are left to the visitor.
        await cast.tap(member, shown, "s", sheet, "stop")
        return
    taps = f"taps {', '.join(map(str, faults))}, the rest is right" if faults else "all is right"
    cast.tell(f"{member.name} looks at a sheet: {taps}.")
    await cast.pause(1.5)
    for place in faults:
        button = find(await cast.chat.get(shown), "s", sheet, place)
        if button is not None and button.text.strip().isdecimal():
            await cast.tap(member, shown, "s", sheet, place, pause=0.8)
    await cast.tap(member, shown, "s", sheet, "ok", pause=1.0)
    if await stage.eyes.is_open(sheet):
        await asyncio.sleep(LOOK_FIRST_SECONDS)
        await cast.tap(member, shown, "s", sheet, "ok", pause=0)
