"""The sandbox's control API and what its client shows of a chat."""

import asyncio
import hashlib
import hmac
import io
import subprocess
import sys
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from PIL import Image
from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReactionTypeEmoji,
    Update,
    WebAppInfo,
)
from telegram.error import BadRequest, NetworkError
from telegram.ext import CallbackContext, MessageHandler, MessageReactionHandler, filters

from bot.sandbox.client import SandboxError
from bot.sandbox.world import World
from tests.support.sandbox import TOKEN, builder, picture, playing, running_sandbox


def test_the_module_serves_and_prints_its_address():
    """`python -m bot.sandbox` prints one line and answers there: API, page and control."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address, trust_env=False) as http:
            assert http.get(f"/bot{TOKEN}/getMe").json()["result"]["is_bot"] is True
            assert "taptrain" in http.get("/").text
            assert http.get("/sandbox/api/state").json()["members"] == []
            assert http.get("/sandbox/api/nothing").status_code == 404
    finally:
        process.terminate()
        process.communicate(timeout=10)


async def test_what_a_person_could_not_do_is_refused_with_a_sentence():
    """Strangers cannot write, taps need their button, messages their words."""
    async with playing() as (box, _):
        ann, ben = await box.member("Ann"), await box.member("Ben")
        cats = await box.group("Cats", ann)
        said = await ann.say(cats, "hello")
        with pytest.raises(SandboxError, match="Ben is not in this chat"):
            await ben.say(cats, "hello?")
        with pytest.raises(SandboxError, match="1 to 4096"):
            await ann.say(cats, "  ")
        with pytest.raises(SandboxError, match="there is no button"):
            await ann.tap(said, "✅")
        await box.change(cats, ben, "join")
        with pytest.raises(SandboxError, match="only one's own"):
            await ben.edit(said, "changed")
        with pytest.raises(SandboxError, match="there is no message 99"):
            await ann.say(cats, "x", reply_to=99)
        with pytest.raises(SandboxError, match="IMAGE_PROCESS_FAILED"):
            await ann.send_photo(cats, b"no picture")


async def test_members_edit_delete_and_react():
    """An edit reaches the bot as one, a deletion silently, a reaction if it asked and is admin."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def edited(update: Update, context: CallbackContext) -> None:
        heard.put_nowait(update.edited_message.text)

    async def reacted(update: Update, context: CallbackContext) -> None:
        heard.put_nowait(update.message_reaction.new_reaction[0].emoji)

    handlers = (
        MessageHandler(filters.UpdateType.EDITED_MESSAGE, edited),
        MessageReactionHandler(reacted),
    )
    async with playing(*handlers, allowed_updates=Update.ALL_TYPES) as (box, app):
        ann = await box.member("Ann")
        cats = await box.group("Cats", ann, bot_is_admin=True)
        said = await ann.say(cats, "cta")
        await ann.edit(said, "cat")
        assert await heard.get() == "cat"
        await ann.react(said, "👍")
        assert await heard.get() == "👍"
        await app.bot.set_message_reaction(cats.id, said.id, ReactionTypeEmoji("🎉"))
        await ann.delete(said)
        with pytest.raises(SandboxError):
            await cats.get(said)


async def test_forty_photos_make_four_albums():
    """Telegram's apps send ten photos an album, the caption with the first."""
    async with playing() as (box, _):
        ann = await box.member("Ann")
        sent = await ann.send_album(ann.private, [picture(64, 64)] * 40, caption="forty")
        albums = [message.album for message in sent]
        assert len(set(albums)) == 4
        assert [albums.count(album) for album in dict.fromkeys(albums)] == [10] * 4
        assert [message.text for message in sent if message.text] == ["forty"]


async def test_a_members_photo_is_made_small_by_the_app():
    """A photo beyond a bot's limits still goes out, at most 1280 on the long side."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        wide = picture(9000, 2000)
        photo = await ann.send_photo(ann.private, wide)
        image = Image.open(io.BytesIO(await box.download(photo.file_id)))
        assert image.size == (1280, 284)
        with pytest.raises(BadRequest, match="Photo_invalid_dimensions"):
            await app.bot.send_photo(ann.id, wide)


async def test_large_files_have_their_limits():
    """A bot downloads at most 20 MB and uploads at most 50."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        large = await ann.send_document(ann.private, bytes(20 * 1024**2 + 1), "large.zip")
        with pytest.raises(BadRequest, match="File is too big"):
            await app.bot.get_file(large.file_id)
        with pytest.raises(NetworkError, match="Request Entity Too Large"):
            await app.bot.send_document(ann.id, bytes(50 * 1024**2 + 1))


async def test_media_are_replaced_copied_and_forwarded():
    """An edited medium keeps the place, a copy loses its origin, a forward names it."""
    async with playing() as (box, app):
        ann = await box.member("Ann")
        await ann.start()
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("1", callback_data="t1")]])
        sheet = await app.bot.send_photo(ann.id, picture(), caption="1/20", reply_markup=keyboard)
        media = InputMediaPhoto(picture(320, 320), caption="2/20")
        edited = await sheet.edit_media(media, reply_markup=keyboard)
        assert (edited.message_id, edited.caption) == (sheet.message_id, "2/20")
        assert edited.photo[-1].width == 320
        copy = await app.bot.copy_message(ann.id, ann.id, sheet.message_id, caption="a copy")
        shown = await ann.private.get(copy.message_id)
        assert (shown.text, shown.kind, shown.buttons) == ("a copy", "photo", [])
        forward = await app.bot.forward_message(ann.id, ann.id, sheet.message_id)
        assert forward.forward_origin.sender_user.id == app.bot.id
        with pytest.raises(BadRequest, match="Message to copy not found"):
            await app.bot.copy_message(ann.id, ann.id, 99)


async def test_commands_and_texts_are_kept_by_scope():
    """What the bot tells about itself comes back for the same scope and language only."""
    async with playing() as (box, app):
        scope = BotCommandScopeAllGroupChats()
        await app.bot.set_my_commands([BotCommand("start", "Begin")], scope=scope)
        await app.bot.set_my_description("Finds things")
        assert [c.command for c in await app.bot.get_my_commands(scope=scope)] == ["start"]
        assert await app.bot.get_my_commands() == ()
        assert (await app.bot.get_my_description()).description == "Finds things"
        with pytest.raises(BadRequest, match="Bot_command_invalid"):
            await app.bot.set_my_commands([("Start", "capital")])
        assert (await box.state())["bot"]["username"] == "taptrain_bot"


async def test_a_mini_app_is_opened_with_signed_data():
    """The address carries init data whose hash follows from the token, and the group of a link."""
    async with playing(world=World(token=TOKEN, app_url="https://e.org/app")) as (box, app):
        ann = await box.member("Ann")
        cats = await box.group("Cats", ann)
        await ann.start()
        button = InlineKeyboardButton("🖐 Editor", web_app=WebAppInfo("https://e.org/editor?x=1"))
        await app.bot.send_message(ann.id, "!", reply_markup=InlineKeyboardMarkup([[button]]))
        shown = await ann.private.wait(lambda m: m.has_button("🖐"))
        address = shown.buttons[0].web_app
        opened = await box.post("webapp", {"member": ann.id, "url": address})
        assert init_data(opened["url"])["query_id"]
        body = {"member": ann.id, "chat": cats.id, "start_param": "task_7"}
        url = (await box.post("webapp", body))["url"]
        assert url.startswith("https://e.org/app?tgWebAppStartParam=task_7#")
        linked = init_data(url)
        assert (linked["chat_type"], linked["start_param"]) == ("supergroup", "task_7")
        assert len(linked["signature"]) == 86
        with pytest.raises(SandboxError, match="startapp"):
            await box.post("webapp", body | {"start_param": "task 7"})
        assert "chat" not in linked


async def test_a_hanging_call_times_out_and_the_server_still_stops():
    """A fault that hangs ends in the bot's own time-out."""
    with running_sandbox() as server:
        async with builder(server).build().bot as bot, httpx.AsyncClient(trust_env=False) as http:
            body = {"kind": "hang", "method": "getMe", "seconds": 30}
            await http.post(f"{server.address}/sandbox/api/faults", json=body)
            with pytest.raises(NetworkError, match="Timed out"):
                await bot.get_me(read_timeout=0.2)


async def test_files_come_in_ranges_and_not_to_other_sites():
    """A player may ask for a part; a page of another origin may not even read the chats."""
    async with playing() as (box, _):
        ann = await box.member("Ann")
        sent = await ann.send_document(ann.private, b"0123456789", "digits.txt")
        async with httpx.AsyncClient(base_url=box.address, trust_env=False) as http:
            path = f"/sandbox/api/files/{sent.file_id}"
            for wanted, status, content in (
                ("bytes=2-4", 206, b"234"),
                ("bytes=7-", 206, b"789"),
                ("bytes=-3", 206, b"789"),
                ("bytes=99-", 416, b""),
                ("lines=1", 200, b"0123456789"),
            ):
                answer = await http.get(path, headers={"range": wanted})
                assert (answer.status_code, answer.content) == (status, content)
            foreign = await http.get(path, headers={"origin": "https://e.org"})
            assert foreign.status_code == 403


def init_data(url: str) -> dict[str, str]:
    """The init data in an address, after its hash was checked as the documentation says."""
    [packed] = parse_qs(urlsplit(url).fragment)["tgWebAppData"]
    fields = dict(parse_qsl(packed))
    given = fields.pop("hash")
    key = hmac.new(b"WebAppData", TOKEN.encode(), hashlib.sha256).digest()
    text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    assert hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == given
    return fields
