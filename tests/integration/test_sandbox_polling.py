"""A real python-telegram-bot application talks to the sandbox over HTTP."""

import asyncio
import io

import pytest
from PIL import Image
from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Update,
)
from telegram.constants import ChatType
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
)
from telegram.ext import (
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.sandbox.client import SandboxClient, SandboxError, WaitTimeout
from bot.sandbox.world import World
from tests.support.sandbox import TOKEN, builder, picture, playing, running_sandbox

# The library warns of its own attribute whenever it makes this error.
pytestmark = pytest.mark.filterwarnings("ignore:.*attribute `retry_after`")

YES_NO = InlineKeyboardMarkup(
    [[InlineKeyboardButton("✅ Right", callback_data="v1:yes")],
     [InlineKeyboardButton("🌐 Page", url="http://127.0.0.1:8000/m/1")]]
)  # fmt: skip


async def ask(update: Update, context: CallbackContext) -> None:
    """Ask with a keyboard."""
    await update.effective_message.reply_html("Is this <b>right</b>?", reply_markup=YES_NO)


async def take_tap(update: Update, context: CallbackContext) -> None:
    """Answer a tap and edit the question."""
    await update.callback_query.answer("Noted")
    await update.callback_query.edit_message_text("Thanks")


async def echo(update: Update, context: CallbackContext) -> None:
    """Repeat a text."""
    await update.effective_message.reply_text(f"heard {update.effective_message.text}")


async def test_a_command_gets_a_keyboard_and_a_tap_its_answer_and_an_edit():
    """A member's command is answered, the tap shows the toast and the message is edited."""
    async with playing(CommandHandler("start", ask), CallbackQueryHandler(take_tap)) as (box, _):
        ann, ben = await box.member("Ann"), await box.member("Ben")
        cats = await box.group("Cats", ann, ben)
        await ann.say(cats, "/start@taptrain_bot")
        question = await cats.wait(lambda m: m.has_button("✅"))
        assert question.text == "Is this right?"
        assert question.raw["entities"] == [{"type": "bold", "offset": 8, "length": 5}]
        answer = await ben.tap(question, "✅")
        assert (answer.answered, answer.text) == (True, "Noted")
        changed = await cats.wait(lambda m: m.edited, since=question)
        assert (changed.id, changed.text, changed.buttons) == (question.id, "Thanks", [])
        assert await box.refused() == []


async def test_privacy_mode_hides_chatter_but_not_replies_and_commands():
    """In a group the bot hears commands and replies to it; as an admin it hears everything."""
    handlers = (CommandHandler("start", ask), MessageHandler(filters.TEXT, echo))
    async with playing(*handlers) as (box, _):
        ann = await box.member("Ann")
        cats = await box.group("Cats", ann)
        await ann.say(cats, "just talking")
        await ann.say(cats, "/start")
        question = await cats.wait(lambda m: m.has_button("✅"))
        await ann.say(cats, "a reply", reply_to=question)
        await cats.wait(lambda m: m.text == "heard a reply")
        await box.change(cats, "bot", "promote")
        await ann.say(cats, "still talking")
        await cats.wait(lambda m: m.text == "heard still talking")
        assert [m.text for m in await cats.messages() if "just" in m.text] == ["just talking"]


async def test_photos_arrive_recompressed_in_several_sizes_and_can_be_downloaded():
    """A photo comes as JPEG sizes of at most 1280, and its album as separate updates."""
    seen: list[Update] = []

    async def note(update: Update, context: CallbackContext) -> None:
        seen.append(update)
        if len(seen) == 3:
            await update.effective_message.reply_text("three")

    async with playing(MessageHandler(filters.PHOTO, note)) as (box, app):
        ann = await box.member("Ann")
        await ann.send_album(ann.private, [picture(2000, 1500, form="PNG")] * 3, caption="cats")
        await ann.private.wait(lambda m: m.text == "three")
        photo = seen[0].message.photo
        assert [(size.width, size.height) for size in photo] == [
            (90, 68), (320, 240), (800, 600), (1280, 960)
        ]  # fmt: skip
        assert len({size.file_id for size in photo}) == 4
        assert len({update.message.media_group_id for update in seen}) == 1
        assert [update.message.caption for update in seen] == ["cats", None, None]
        data = await (await app.bot.get_file(photo[-1])).download_as_bytearray()
        image = Image.open(io.BytesIO(data))
        assert (image.format, image.size) == ("JPEG", (1280, 960))


async def test_the_bot_sends_albums_documents_and_sends_files_again():
    """Albums, documents and file ids work as in Telegram, wrong ones are refused in its words."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        await ann.start()
        album = await app.bot.send_media_group(
            ann.id,
            [InputMediaPhoto(picture(), caption="<b>one</b>", parse_mode="HTML"),
             InputMediaPhoto(picture(colour="red"))],
        )  # fmt: skip
        assert len({message.media_group_id for message in album}) == 1
        zipped = await app.bot.send_document(ann.id, b"PK", filename="cat-v1-tfjs.zip")
        again = await app.bot.send_document(ann.id, zipped.document.file_id)
        assert again.document.file_name == "cat-v1-tfjs.zip"
        got = await ann.private.wait(lambda m: m.file_name.endswith(".zip"))
        assert await box.download(got.file_id) == b"PK"
        with pytest.raises(BadRequest, match="Type of file mismatch"):
            await app.bot.send_photo(ann.id, zipped.document.file_id)
        with pytest.raises(BadRequest, match="Image_process_failed"):
            await app.bot.send_photo(ann.id, b"no picture")
        with pytest.raises(BadRequest, match="Too many"):
            await app.bot.send_media_group(ann.id, [InputMediaPhoto(picture())] * 11)


async def test_the_21st_message_in_a_minute_to_a_group_must_wait():
    """Sends and edits count alike; 429 tells how long, and the clock makes room again."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        cats = await box.group("Cats", ann)
        sent = [await app.bot.send_message(cats.id, f"message {n}") for n in range(19)]
        await sent[0].edit_text("edited")
        with pytest.raises(RetryAfter) as caught:
            await sent[1].edit_text("one too many")
        assert 55 <= int(caught.value.retry_after) <= 60
        await box.advance_clock(61)
        await sent[1].edit_text("now it fits")
        assert [c["code"] for c in await box.calls("editMessageText")] == [200, 429, 200]


async def test_a_bot_that_dies_in_the_middle_of_a_call_is_no_wrong_call():
    """A request that breaks off before its end does nothing and counts as no refused call."""
    with running_sandbox() as server:
        host, _, port = server.address.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /bot{TOKEN}/getMe HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99\r\n"
        kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        writer.write(f"{head}{kind}timeout=".encode())
        await writer.drain()
        writer.transport.abort()
        async with SandboxClient(server.address) as box:
            async with asyncio.timeout(10):
                # The double has no event for calls: ask until it has seen the end.
                while not (calls := await box.calls("getMe")):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert [call["code"] for call in calls] == [499]
            assert await box.refused() == []


async def test_wrong_edits_and_deletions_are_refused_in_telegrams_words():
    """Not modified, not found, not the bot's own, too old: each has its sentence."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        said = await ann.say(ann.private, "hello")
        mine = await app.bot.send_message(ann.id, "hi", reply_markup=YES_NO)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await mine.edit_text("hi", reply_markup=YES_NO)
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await app.bot.edit_message_text("x", ann.id, 999)
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await app.bot.edit_message_text("x", ann.id, said.id)
        with pytest.raises(BadRequest, match="no caption"):
            await app.bot.edit_message_caption(ann.id, mine.id, caption="x")
        with pytest.raises(BadRequest, match="replied not found"):
            await app.bot.send_message(ann.id, "x", reply_to_message_id=999)
        lone = await app.bot.send_message(
            ann.id, "x", reply_to_message_id=999, allow_sending_without_reply=True
        )
        assert lone.reply_to_message is None
        await box.advance_clock(49 * 3600)
        with pytest.raises(BadRequest, match="can't be deleted"):
            await mine.delete()


async def test_callbacks_grow_old():
    """A tap is answered once, and within 150 seconds."""
    taps: asyncio.Queue[str] = asyncio.Queue()

    async def note(update: Update, context: CallbackContext) -> None:
        taps.put_nowait(update.callback_query.id)

    async with playing(CallbackQueryHandler(note)) as (box, app):
        ann = await box.member("Ann")
        await ann.start()
        await app.bot.send_message(ann.id, "?", reply_markup=YES_NO)
        question = await ann.private.wait(lambda m: m.has_button("✅"))
        waiting = asyncio.create_task(ann.tap(question, "✅"))
        query_id = await taps.get()
        await app.bot.answer_callback_query(query_id, "fine", show_alert=True)
        answer = await waiting
        assert (answer.text, answer.show_alert) == ("fine", True)
        with pytest.raises(BadRequest, match="Query is too old"):
            await app.bot.answer_callback_query(query_id)
        with pytest.raises(SandboxError, match="opens a page"):
            await ann.tap(question, "🌐")
        with pytest.raises(SandboxError, match="there is no button"):
            await ann.tap(question, "nothing")


async def test_private_chats_open_by_start_and_close_by_block():
    """The bot cannot write first, nor to who blocked it; a deep link's payload arrives."""
    async with playing(CommandHandler("start", echo)) as (box, app):
        ann = await box.member("Ann")
        with pytest.raises(Forbidden, match="can't initiate"):
            await app.bot.send_message(ann.id, "psst")
        await ann.start("task_7")
        await ann.private.wait(lambda m: m.text == "heard /start task_7")
        await ann.block()
        with pytest.raises(Forbidden, match="blocked"):
            await app.bot.send_message(ann.id, "psst")
        with pytest.raises(BadRequest, match="Chat not found"):
            await app.bot.send_message(424242, "psst")


async def test_a_group_becomes_a_supergroup():
    """Both service messages come and the old id answers with the new one."""
    seen: asyncio.Queue[tuple[int, int | None, int | None]] = asyncio.Queue()

    async def note(update: Update, context: CallbackContext) -> None:
        message = update.effective_message
        seen.put_nowait((message.chat_id, message.migrate_to_chat_id, message.migrate_from_chat_id))

    async with playing(MessageHandler(filters.StatusUpdate.MIGRATE, note)) as (box, app):
        ann = await box.member("Ann")
        old = await box.group("Cats", ann, kind="group")
        new = await box.migrate(old)
        with pytest.raises(ChatMigrated) as caught:
            await app.bot.send_message(old.id, "hello?")
        assert caught.value.new_chat_id == new.id
        sent = await app.bot.send_message(new.id, "hello!")
        assert sent.chat.type == ChatType.SUPERGROUP
        assert await seen.get() == (old.id, new.id, None)
        assert await seen.get() == (new.id, None, old.id)


async def test_faults_strike_as_ordered():
    """429, 500, 502, a broken connection and a lost answer reach the bot as its own errors."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        await ann.start()
        await box.fault("429", "sendMessage", seconds=7)
        with pytest.raises(RetryAfter):
            await app.bot.send_message(ann.id, "x")
        for kind in ("500", "502", "drop", "lost"):
            await box.fault(kind, "sendMessage", chat=ann.private)
            with pytest.raises(NetworkError):
                await app.bot.send_message(ann.id, kind)
        await app.bot.send_message(ann.id, "through")
        texts = [m.text for m in await ann.private.messages() if m.from_bot]
        assert texts == ["lost", "through"]


async def test_what_is_not_implemented_is_refused_loudly():
    """An unknown method, parameter or parse mode answers 400 and is remembered."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        await ann.start()
        with pytest.raises(BadRequest, match="not implemented"):
            await app.bot.send_dice(ann.id)
        with pytest.raises(BadRequest, match="does not know"):
            await app.bot.send_message(ann.id, "x", business_connection_id="1")
        with pytest.raises(BadRequest, match="parse_mode"):
            await app.bot.send_message(ann.id, "*x*", parse_mode="MarkdownV2")
        assert len(await box.refused()) == 3


async def test_tokens_are_checked():
    """A malformed token is not found; a foreign one is unauthorised."""
    with running_sandbox(World(token=TOKEN)) as server:
        for token in ("1:short", "99:another_token_of_the_right_length"):
            with pytest.raises(InvalidToken):
                async with builder(server, token).build().bot:
                    pass
        async with builder(server).build().bot as bot:
            assert bot.username == "taptrain_bot"
            assert bot.id == 123456


async def test_a_second_poller_takes_over_with_a_conflict():
    """Who polls while another one comes is told that two instances run."""
    with running_sandbox() as server:
        first, second = builder(server).build().bot, builder(server).build().bot
        async with first, second:
            waiting = asyncio.create_task(first.get_updates(timeout=20))
            while not waiting.done():
                assert await second.get_updates(timeout=0) == ()
            with pytest.raises(Conflict):
                await waiting


async def test_membership_changes_and_pins_follow_the_rights():
    """The bot hears how it joins; only as an admin it may pin, and the board is found again."""
    seen: list[tuple[str, str]] = []

    async def note(update: Update, context: CallbackContext) -> None:
        change = update.my_chat_member
        seen.append((change.old_chat_member.status, change.new_chat_member.status))

    async with playing(ChatMemberHandler(note)) as (box, app):
        ann, ben = await box.member("Ann"), await box.member("Ben")
        cats = await box.group("Cats", ann, ben)
        board = await app.bot.send_message(cats.id, "board", disable_notification=True)
        with pytest.raises(BadRequest, match="Not enough rights"):
            await board.pin()
        await box.change(cats, "bot", "promote")
        await board.pin()
        assert (await app.bot.get_chat(cats.id)).pinned_message.message_id == board.id
        assert (await app.bot.get_chat_member(cats.id, ben.id)).status == "member"
        assert await app.bot.get_chat_member_count(cats.id) == 3
        admins = await app.bot.get_chat_administrators(cats.id)
        assert {admin.user.first_name for admin in admins} == {"Ann", "taptrain"}
        assert seen == [("left", "member"), ("member", "administrator")]
        assert (await cats.get(board.id)).silent


async def test_a_force_reply_is_seen_and_answered():
    """ForceReply reaches the member's composer and the reply reaches the bot."""
    async with playing(MessageHandler(filters.REPLY & filters.TEXT, echo)) as (box, app):
        ann = await box.member("Ann")
        cats = await box.group("Cats", ann)
        markup = ForceReply(selective=False, input_field_placeholder="for example: cat")
        await app.bot.send_message(cats.id, "What should I find?", reply_markup=markup)
        question = await cats.wait(lambda m: m.force_reply)
        await ann.say(cats, "cat", reply_to=question)
        await cats.wait(lambda m: m.text == "heard cat")


async def test_a_wait_that_fails_tells_what_was_there_instead():
    """The error of a wait names what was missing and shows the last messages."""
    async with playing() as (box, _):
        ann = await box.member("Ann")
        await ann.start()
        with pytest.raises(WaitTimeout, match=r"(?s)the sheet did not come.*/start"):
            await ann.private.wait(lambda m: m.has_button("✅"), 0.05, what="the sheet")
