"""The outbox meets a Bot API server that limits, refuses and forgets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session
from telegram import Bot

from bot import audience, wishes
from bot.sandbox import params
from bot.sandbox.client import Chat, Message, SandboxClient
from bot.sender import Sender
from storage import chats, outbox
from storage.db import Database
from storage.files import FileStore
from storage.models import Chat as ChatRow
from tests.support.project import open_database
from tests.support.sandbox import builder, picture, running_sandbox


@pytest.fixture(autouse=True)
def timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the bot's process has it: times of the library are timedeltas."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@dataclass
class Post:
    """A sender between a database and a sandbox's group."""

    sandbox: SandboxClient
    group: Chat
    db: Database
    files: FileStore
    sender: Sender

    async def wish(
        self, key: str, wish: wishes.Wish, *, chat: Chat | None = None, **how: Any
    ) -> None:
        """Put a wish into the outbox and have it sent."""
        chat_id = (chat or self.group).id
        await self.db.write(lambda s: outbox.put(key, chat_id, wish, session=s, **how))
        await self.sender.drain()

    async def shown(self, text: str, since: Message | int = 0) -> Message:
        """Wait until the bot shows a text in the group, draining as the timer would."""
        return await self.group.wait(
            lambda m: m.from_bot and not m.deleted and text in m.text, since=since, timeout=30
        )

    async def texts(self) -> list[str]:
        """What the bot shows in the group, in order."""
        return [m.text for m in await self.group.messages() if m.from_bot and not m.deleted]

    def row(self, key: str) -> Any:
        """The outbox row."""
        return self.db.read_now(lambda s: outbox.get(key, session=s))


@asynccontextmanager
async def posting(tmp_path: Path) -> AsyncIterator[Post]:
    """A group with one member, and a sender whose bot is in it."""
    db = open_database(tmp_path)
    files = FileStore(tmp_path / "files")
    with running_sandbox() as server:
        app = builder(server).build()
        async with SandboxClient(server.address) as sandbox, app:
            group = await sandbox.group("Cats", await sandbox.member("Ann"), kind="group")
            bot: Bot = app.bot
            sender = Sender(bot, db, files)
            await db.write(
                lambda s: chats.chat(group.id, type_="group", title="Cats", session=s) and None
            )
            try:
                yield Post(sandbox, group, db, files, sender)
            finally:
                await sender.close()
                db.close()


async def test_a_changed_wish_edits_the_message(tmp_path: Path) -> None:
    """The same key shows one message, whose text follows the wish."""
    async with posting(tmp_path) as post:
        await post.wish("card", wishes.text("one"))
        first = await post.shown("one")
        await post.wish("card", wishes.text("two"))
        second = await post.shown("two", since=first)
        assert second.id == first.id
        assert await post.texts() == ["two"]


async def test_edits_that_pile_up_become_one(tmp_path: Path) -> None:
    """Many changes before the sender gets to it cost one call."""
    async with posting(tmp_path) as post:
        for number in range(50):
            await post.db.write(
                lambda s, n=number: outbox.put(
                    "card", post.group.id, wishes.text(f"{n}"), session=s
                )
            )
        await post.sender.drain()
        await post.shown("49")
        assert len(await post.sandbox.calls("sendMessage")) == 1


async def test_a_photo_is_edited_by_the_smallest_call(tmp_path: Path) -> None:
    """A changed keyboard, caption or picture each use the edit that is meant for it."""
    async with posting(tmp_path) as post:
        one = post.files.put_bytes(picture(colour="teal"), suffix=".jpg")
        two = post.files.put_bytes(picture(colour="red"), suffix=".jpg")
        keyboard = [[wishes.button("1", "s", 1, 1)]]
        await post.wish("sheet", wishes.photo(one, "cat?", keyboard))
        shown = await post.shown("cat?")
        await post.wish("sheet", wishes.photo(one, "cat?", [[wishes.button("1 ❌", "s", 1, 1)]]))
        marked = await post.group.wait(lambda m: m.has_button("1 ❌"), since=shown, timeout=30)
        await post.wish("sheet", wishes.photo(one, "dog?", keyboard))
        renamed = await post.shown("dog?", since=marked)
        await post.wish("sheet", wishes.photo(two, "fox?", keyboard))
        final = await post.shown("fox?", since=renamed)
        assert final.id == shown.id
        made = [call["method"] for call in await post.sandbox.calls()]
        assert [name for name in made if name.startswith("edit")] == [
            "editMessageReplyMarkup",
            "editMessageCaption",
            "editMessageMedia",
        ]


async def test_a_bar_gives_way_to_its_picture(tmp_path: Path) -> None:
    """A text that becomes a photo is replaced: one message stays in the chat."""
    async with posting(tmp_path) as post:
        await post.wish("source", wishes.text("▓▓░░"))
        bar = await post.shown("▓▓░░")
        key = post.files.put_bytes(picture(), suffix=".jpg")
        await post.wish("source", wishes.photo(key, "312 frames"))
        await post.shown("312 frames", since=bar)
        await post.sender.settled()
        assert await post.texts() == ["312 frames"]


async def test_a_fresh_message_takes_the_buttons_from_the_old_one(tmp_path: Path) -> None:
    """A card sent anew leaves a picture behind that nobody can tap."""
    async with posting(tmp_path) as post:
        key = post.files.put_bytes(picture(), suffix=".jpg")
        keyboard = [[wishes.button("1", "s", 1, 1)]]
        await post.wish("sheet", wishes.photo(key, "cat?", keyboard))
        old = await post.shown("cat?")
        await post.sender.settled()
        await post.wish("sheet", wishes.photo(key, "dog?", keyboard), fresh=True)
        new = await post.shown("dog?", since=old)
        await post.group.wait(lambda m: m.id == old.id and not m.has_button("1"), timeout=30)
        assert new.id != old.id
        assert new.has_button("1")
        assert await post.texts() == ["cat?", "dog?"]


async def test_buttons_of_a_deleted_message_are_nobodys_trouble(tmp_path: Path) -> None:
    """When the old message is gone already, nothing is sent in its place."""
    async with posting(tmp_path) as post:
        await post.wish("card", wishes.text("one", [[wishes.button("1", "s", 1, 1)]]))
        old = await post.shown("one")
        await post.sender.settled()
        await post.sender._bot.delete_message(post.group.id, old.id)
        await post.wish("card", wishes.text("two"), fresh=True)
        await post.shown("two", since=old)
        await post.sender.settled()
        retired = f"{outbox.RETIRED}{post.group.id}:{old.id}"
        while post.row(retired).state == "waiting":  # noqa: ASYNC110  # a row's change is no event of ours
            await asyncio.sleep(0.05)
        assert [call["code"] for call in await post.sandbox.calls("editMessageReplyMarkup")] == [
            400
        ]
        assert await post.texts() == ["two"]


async def test_too_many_requests_only_delay(tmp_path: Path) -> None:
    """After a 429 the message comes once the chat may be written to again."""
    async with posting(tmp_path) as post:
        await post.sandbox.fault("429", "sendMessage", seconds=1)
        await post.wish("card", wishes.text("patience"))
        await post.shown("patience")
        codes = [call["code"] for call in await post.sandbox.calls("sendMessage")]
        assert len(codes) == 2
        assert codes[1] == 200
        await post.sender.settled()
        assert post.row("card").message_id


@pytest.mark.parametrize("fault", ["500", "drop"])
async def test_a_broken_connection_keeps_the_order(tmp_path: Path, fault: str) -> None:
    """What failed goes first once the server answers again; nothing overtakes it."""
    async with posting(tmp_path) as post:
        await post.sandbox.fault(fault, "sendMessage", times=2)
        for words in ("album", "zip", "result"):
            await post.wish(words, wishes.text(words), priority=outbox.RESULT)
        await post.shown("result")
        assert await post.texts() == ["album", "zip", "result"]


async def test_a_deleted_message_is_sent_again(tmp_path: Path) -> None:
    """When a person deleted the card, its next change comes as a new message."""
    async with posting(tmp_path) as post:
        await post.wish("card", wishes.text("one"))
        first = await post.shown("one")
        await post.sender._bot.delete_message(post.group.id, first.id)
        await post.wish("card", wishes.text("two"))
        second = await post.shown("two", since=first)
        assert second.id != first.id


async def test_what_stands_there_already_is_no_error(tmp_path: Path) -> None:
    """“Message is not modified” counts as accepted."""
    async with posting(tmp_path) as post:
        await post.wish("card", wishes.text("same"))
        shown = await post.shown("same")
        await post.wish("card", wishes.text("same", [[]]))
        await post.group.wait(lambda m: m.text == "same", timeout=30)
        calls = await post.sandbox.calls("editMessageText")
        await post.sender.settled()
        assert shown.id == post.row("card").message_id
        assert post.row("card").state in ("sent", "waiting")
        assert len(calls) <= 1


async def test_a_closed_chat_is_remembered(tmp_path: Path) -> None:
    """A chat that threw the bot out is marked, and the message is given up."""
    async with posting(tmp_path) as post:
        await post.sandbox.change(post.group, "bot", "kick")
        await post.wish("card", wishes.text("hello?"))
        while post.row("card").state == "waiting":
            await post.sender.drain()
            await post.sender.settled()
        chat = post.db.read_now(lambda s: s.get(ChatRow, post.group.id))
        assert post.row("card").state == "failed"
        assert chat is not None
        assert not chat.reachable


async def test_what_a_closed_private_chat_misses_comes_to_the_group(tmp_path: Path) -> None:
    """Ann blocked the bot: her result is sent to the group, which reads why, once."""
    async with posting(tmp_path) as post:
        ann = await post.sandbox.member("Ann")
        await ann.start()
        await ann.block()
        await post.db.write(
            lambda s: chats.member(ann.id, name="Ann", username=None, session=s) and None
        )
        for key in ("one", "two"):
            wish = wishes.text(f"result {key}", loud=True)
            private = {**wish, audience.INSTEAD: {"chat": post.group.id, "whole": True, "job": 1}}
            await post.wish(key, private, chat=ann.private)
            await post.shown(f"result {key}")
        await post.shown("Ann, I can't write to you in private")
        await post.sender.settled()
        assert len([text for text in await post.texts() if "can't write" in text]) == 1
        assert post.row("one").state == "failed"


async def test_a_file_too_large_for_telegram_holds_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP 413 fails that one message; the next one comes at once."""
    monkeypatch.setattr(params, "UPLOAD_BYTES", 20_000)
    async with posting(tmp_path) as post:
        key = post.files.put_bytes(bytes(200_000), suffix=".zip")
        await post.wish("zip", wishes.document(key, "cats.zip"))
        await post.wish("result", wishes.text("done"))
        await post.shown("done")
        await post.sender.settled()
        assert [call["code"] for call in await post.sandbox.calls("sendDocument")] == [413]
        assert post.row("zip").state == "failed"


async def test_a_chat_with_much_to_say_delays_no_other(tmp_path: Path) -> None:
    """Messages that wait for one chat's budget leave every other chat alone."""
    async with posting(tmp_path) as post:
        other = await post.sandbox.group("Dogs", await post.sandbox.member("Ben"), kind="group")

        def fill(session: Session) -> None:
            for number in range(250):
                outbox.put(
                    f"m{number}", post.group.id, wishes.text(f"message {number}"), session=session
                )

        await post.db.write(fill)
        await post.wish("hello", wishes.text("hello, dogs"), chat=other, priority=outbox.PROGRESS)
        await other.wait(lambda m: m.from_bot and "hello, dogs" in m.text, timeout=30)
        await post.sender.settled()
        assert post.row("hello").state == "sent"
        assert post.row("m249").state == "waiting"


async def test_a_group_that_grew_keeps_its_messages(tmp_path: Path) -> None:
    """A message to a group that became a supergroup arrives in the new chat."""
    async with posting(tmp_path) as post:
        grown = await post.sandbox.migrate(post.group)
        await post.wish("card", wishes.text("moved along"))
        await grown.wait(lambda m: m.from_bot and "moved along" in m.text, timeout=30)
        assert post.row("card").chat_id == grown.id


async def test_a_flood_in_a_group_never_meets_the_limit(tmp_path: Path) -> None:
    """Thirty messages to one group are spread so that Telegram refuses none."""
    async with posting(tmp_path) as post:
        await post.sandbox.set_limits(group=(20, 60.0))
        for number in range(30):
            await post.db.write(
                lambda s, n=number: outbox.put(
                    f"m{n}", post.group.id, wishes.text(f"message {n}"), session=s
                )
            )
        await post.sender.drain()
        await post.shown("message 18")
        await post.sender.settled()
        codes = {call["code"] for call in await post.sandbox.calls("sendMessage")}
        assert codes == {200}
        assert len(await post.texts()) == 19


async def test_many_chats_at_once_keep_the_pace(tmp_path: Path) -> None:
    """Forty private chats are served within Telegram's pace, urged on or not, without a 429."""
    async with posting(tmp_path) as post:
        members = [await post.sandbox.member(f"Pupil {number}") for number in range(40)]
        for member in members:
            await member.start()
            await post.wish(f"hello:{member.id}", wishes.text("hello"), chat=member.private)
        for _ in range(5):
            await post.sender.drain()
        for member in members:
            await member.private.wait(lambda message: message.text == "hello", timeout=30)
        calls = await post.sandbox.calls("sendMessage")
        assert [call["code"] for call in calls] == [200] * 40
