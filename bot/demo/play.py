"""`taptrain demo`: the whole way, played by scripted members in a web chat on this machine."""

import asyncio
import contextlib
import signal
import tempfile
import webbrowser
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from bot import requirements
from bot.demo import story
from bot.demo.cast import Cast, Tell
from bot.demo.errors import DemoFailed
from bot.demo.eyes import Eyes
from bot.demo.host import Place, running
from bot.demo.parcel import Luggage, pack
from bot.demo.stage import Plan, Stage
from bot.demo.training import Outcome
from bot.sandbox.client import SandboxClient, SandboxError
from bot.settings import has_display
from pipeline.browser import vendor


@dataclass(frozen=True)
class Script:
    """How much is played: labelled photos, epochs, and how slowly (1 to be watched, 0 at once)."""

    photos: int
    epochs: int
    pace: float
    imgsz: int = 160


async def run(*, once: bool, folder: Path, browser: bool, script: Script) -> None:
    """Play the demo.

    Args:
        once: end after the story; else the chat stays open until Ctrl+C.
        folder: where the zip and the bot's log are kept.
        browser: open the chat in a browser where there is a display.
        script: how much is played.

    Raises:
        DemoFailed: the parts for training are missing, or the bot ended or did not do its part;
            then the sentence names its log.
    """
    _check_machine()
    _end_on_terminate()
    tell = _Narrator().tell
    with tempfile.TemporaryDirectory(prefix="taptrain-demo-") as scratch:
        packing = asyncio.create_task(asyncio.to_thread(pack, Path(scratch), photos=script.photos))
        try:
            tell("Starting the chat and a bot …")
            async with running(folder / "bot.log") as (place, bot):
                demo = _Demo(place, packing, script, folder, tell)
                await _while_alive(bot, place.log, demo.play(once=once, browser=browser))
        finally:
            # The thread still writes into the folder that is about to go.
            await asyncio.gather(packing, return_exceptions=True)


def _check_machine() -> None:
    if requirements.version_of("ultralytics") is None or not vendor.is_complete():
        raise DemoFailed(
            "The demo trains a model and packs it for the browser, and parts for that are missing: "
            "run `make setup`; `taptrain doctor` says which."
        )


async def _while_alive(
    bot: asyncio.subprocess.Process, log: Path, play: Coroutine[Any, Any, None]
) -> None:
    """Play as long as the bot lives; every failure names its log."""
    playing, ended = asyncio.create_task(play), asyncio.create_task(bot.wait())
    try:
        await asyncio.wait({playing, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            raise DemoFailed(f"The bot has ended by itself: {log} says why.")
        await playing
    except SandboxError as error:
        raise DemoFailed(f"The chat refused a move of the script: {error}. Log: {log}") from error
    except DemoFailed as failure:
        told = str(failure)
        raise DemoFailed(told if str(log) in told else f"{told} The bot's log: {log}") from failure
    finally:
        for task in (playing, ended):
            task.cancel()
        await asyncio.gather(playing, ended, return_exceptions=True)


@dataclass(frozen=True)
class _Demo:
    """Everything that is needed to play."""

    place: Place
    packing: asyncio.Task[Luggage]
    script: Script
    folder: Path
    tell: Tell

    async def play(self, *, once: bool, browser: bool) -> None:
        """Found the group, play the story, and leave the chat open unless `once`."""
        async with SandboxClient(self.place.address) as sandbox:
            members = [await sandbox.member(name) for name in ("Ann", "Ben", "Cleo")]
            # Three people share a sheet, so the visitor is one of them.
            visitor = members[-1]
            chat = await sandbox.group("Bath time 🦆", *members)
            _invite(f"{self.place.address}/#as={visitor.id}&chat={chat.id}", self.tell, browser)
            cast = Cast(chat, self.place.world, members, pace=self.script.pace, tell=self.tell)
            try:
                _report(await self._story(sandbox, cast), self.tell)
            except DemoFailed as failure:
                if once:
                    raise
                # The visitor may have led the bot elsewhere, and wants to stay.
                self.tell(f"The script ends here. {failure}")
            if not once:
                self.tell("The members are through. The chat stays open until Ctrl+C.")
                await asyncio.Event().wait()

    async def _story(self, sandbox: SandboxClient, cast: Cast) -> Outcome:
        ready = await story.begin(cast)
        luggage = await asyncio.shield(self.packing)
        eyes = Eyes(self.place.database, luggage)
        plan = Plan(self.script.epochs, self.script.imgsz)
        try:
            stage = Stage(sandbox, cast, luggage, eyes, plan, self.folder)
            return await story.play(stage, ready)
        finally:
            eyes.close()


def _invite(address: str, tell: Tell, browser: bool) -> None:
    tell(f"The chat: {address}")
    tell("You are Cleo. Watch, or join in at any time: when you write or tap, the others wait.")
    if browser and has_display():
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


def _report(outcome: Outcome, tell: Tell) -> None:
    for part, words in (("val", "to choose by"), ("test", "kept aside")):
        figures = outcome.metadata["metrics"].get(part)
        if figures:
            tell(
                f"Figures on the {figures['images']} pictures {words}: "
                f"mAP50 {figures['map50']:.3f}, mAP50-95 {figures['map50_95']:.3f} "
                f"({figures['boxes']} boxes)"
            )
    tell(f"The model's page, while this runs: {outcome.page}")
    tell(f"The model for the browser: {outcome.package}")


def _end_on_terminate() -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


class _Narrator:
    """Tells the terminal what happens, with the time since the start."""

    def __init__(self) -> None:
        self._began = monotonic()

    def tell(self, words: str) -> None:
        """One line."""
        passed = round(monotonic() - self._began)
        print(f"{passed // 60}:{passed % 60:02d}  {words}", flush=True)
