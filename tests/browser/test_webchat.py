"""A visitor plays members of a group on the sandbox's page, in a real browser."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from PIL import Image
from playwright.async_api import Page, async_playwright, expect
from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Update,
)
from telegram.ext import CallbackContext, CallbackQueryHandler, CommandHandler

from bot.sandbox.client import SandboxClient
from tests.support.chromium import NO_GPU
from tests.support.sandbox import picture, playing

PHONE = {"width": 390, "height": 844}


@asynccontextmanager
async def page_of(chromium: str, sandbox: SandboxClient) -> AsyncIterator[Page]:
    """The web chat on a phone; errors of its scripts fail the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=NO_GPU)
        page = await browser.new_page(viewport=PHONE)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(sandbox.address)
        yield page
        await browser.close()
        assert errors == []


async def start(update: Update, context: CallbackContext) -> None:
    """Ask with a keyboard whose answer edits the question."""
    keyboard = InlineKeyboardMarkup(
        [
            [InlineKeyboardButton("✅ Right", callback_data="yes")],
            [InlineKeyboardButton("📨 Privately", url="https://t.me/taptrain_bot?start=p1")],
        ]
    )
    text = f"<b>cat</b>? {' '.join(context.args)}"
    await update.effective_message.reply_html(text, reply_markup=keyboard)


async def take(update: Update, context: CallbackContext) -> None:
    """Toast, and edit the question."""
    await update.callback_query.answer("Noted")
    await update.callback_query.edit_message_text(f"{update.effective_user.first_name} said yes")


async def test_a_visitor_founds_a_group_writes_taps_and_follows_a_deep_link(chromium):
    """An empty page becomes a group, a command, a private chat, a tap with toast and edit."""
    async with (
        playing(CommandHandler("start", start), CallbackQueryHandler(take)) as (sandbox, _),
        page_of(chromium, sandbox) as page,
    ):
        await page.get_by_role("button", name="Start with three friends").click()
        await page.get_by_label("Message", exact=True).fill("/start@taptrain_bot")
        await page.keyboard.press("Enter")
        await expect(page.locator(".text b")).to_have_text("cat")
        await page.get_by_role("button", name="📨 Privately").click()
        await expect(page.locator("#log")).to_contain_text("cat? p1")
        await page.get_by_role("button", name="✅ Right").click()
        await expect(page.locator("#toast")).to_have_text("Noted")
        await expect(page.locator("#log")).to_contain_text("Ann said yes")
        await expect(page.get_by_role("button", name="✅ Right")).to_have_count(0)
        assert await sandbox.refused() == []


async def test_a_visitor_draws_on_a_photo_and_sends_it_back(chromium):
    """The brush leaves its colour on the photo, which comes back as a reply in JPEG."""
    async with playing() as (sandbox, app):
        ann = await sandbox.member("Ann")
        await ann.start()
        asked = await app.bot.send_photo(ann.id, picture(640, 480, "white"), caption="Circle")
        async with page_of(chromium, sandbox) as page:
            await page.locator(".chat-row").first.click()
            await page.locator(".media img").click()
            await page.get_by_role("button", name="Draw").click()
            canvas = page.get_by_label("Photo to draw on")
            await expect(canvas).to_be_visible()
            box = await canvas.bounding_box()
            assert box is not None
            await page.mouse.move(box["x"] + 100, box["y"] + 100)
            await page.mouse.down()
            await page.mouse.move(box["x"] + 200, box["y"] + 100, steps=5)
            await page.mouse.up()
            await page.get_by_role("button", name="Send ➤").click()
            drawn = await ann.private.wait(lambda m: m.kind == "photo" and not m.from_bot)
        assert drawn.reply_to == asked.message_id
        size = drawn.raw["photo"][-1]
        assert (size["width"], size["height"]) == (640, 480)
        assert red_pixels(await sandbox.download(drawn.file_id)) > 300


async def test_edits_albums_and_prompts_show_live(chromium):
    """What the bot sends while one looks appears, changes and opens a reply by itself."""
    async with playing() as (sandbox, app):
        ann = await sandbox.member("Ann")
        cats = await sandbox.group("Cats", ann)
        async with page_of(chromium, sandbox) as page:
            bar = await app.bot.send_message(cats.id, "epoch 1")
            await expect(page.locator("#log")).to_contain_text("epoch 1")
            await bar.edit_text("epoch 2")
            await expect(page.locator("#log")).to_contain_text("epoch 2")
            await expect(page.locator("#log")).not_to_contain_text("epoch 1")
            await app.bot.send_media_group(cats.id, [InputMediaPhoto(picture())] * 3)
            await expect(page.locator(".album img")).to_have_count(3)
            prompt = ForceReply(input_field_placeholder="for example: cat")
            asked = await app.bot.send_message(cats.id, "What to find?", reply_markup=prompt)
            message = page.get_by_label("Message", exact=True)
            await expect(message).to_have_attribute("placeholder", "for example: cat")
            await message.fill("cat")
            await page.keyboard.press("Enter")
            said = await cats.wait(lambda m: m.text == "cat")
            assert said.reply_to == asked.message_id


async def test_a_visitor_sends_an_album_from_the_file_picker(chromium):
    """Several photos chosen at once arrive as one album with its caption."""
    async with playing() as (sandbox, _):
        ann = await sandbox.member("Ann")
        cats = await sandbox.group("Cats", ann)
        async with page_of(chromium, sandbox) as page:
            async with page.expect_file_chooser() as chooser:
                await page.get_by_label("Send photos or files").click()
            files = [
                {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": picture()}
                for n in range(3)
            ]
            await (await chooser.value).set_files(files)
            await page.get_by_label("Caption").fill("from the garden")
            await page.get_by_role("button", name="Send ➤").click()
            first = await cats.wait(lambda m: m.text == "from the garden")
            await expect(page.locator(".album img")).to_have_count(3)
            photos = [m for m in await cats.messages() if m.kind == "photo"]
            assert [m.album for m in photos] == [first.album] * 3


def red_pixels(jpeg: bytes) -> int:
    """How many pixels of a picture are the editor's first colour, more or less."""
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)
    return int(((pixels[..., 0] > 200) & (pixels[..., 1] < 120) & (pixels[..., 2] < 120)).sum())
