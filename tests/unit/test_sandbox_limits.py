"""Telegram's limits as the sandbox enforces them."""

import io

import pytest
from PIL import Image

from bot.sandbox.errors import ApiError, Refused
from bot.sandbox.keyboards import split_markup
from bot.sandbox.limits import Pace, Window, check_caption, check_text
from bot.sandbox.photos import renditions
from tests.support.sandbox import picture


def refusal(call, *args, **options):
    """The description with which a call is refused."""
    with pytest.raises(ApiError) as caught:
        call(*args, **options)
    return caught.value.description


def inline(**button):
    """A keyboard of one button."""
    return {"inline_keyboard": [[{"text": "x", **button}]]}


def test_a_group_takes_twenty_messages_a_minute():
    """The 21st waits until the first is a minute old; other chats do not mind."""
    pace = Pace()
    for second in range(20):
        pace.spend(-5, True, float(second))
    with pytest.raises(ApiError) as caught:
        pace.spend(-5, True, 20.0)
    assert (caught.value.code, caught.value.parameters) == (429, {"retry_after": 40})
    pace.spend(-6, True, 20.0)
    pace.spend(-5, True, 60.0)


def test_an_album_costs_its_items_and_a_refusal_costs_nothing():
    """Ten photos leave room for ten messages, and being refused does not prolong the wait."""
    pace = Pace(overall=Window(100, 1))
    pace.spend(-5, True, 0.0, cost=10)
    for _ in range(3):
        with pytest.raises(ApiError):
            pace.spend(-5, True, 1.0, cost=11)
    pace.spend(-5, True, 1.0, cost=10)
    with pytest.raises(ApiError) as caught:
        pace.spend(-5, True, 2.0, cost=2)
    assert caught.value.parameters == {"retry_after": 58}


def test_all_chats_together_take_thirty_a_second():
    """The 31st message within a second waits, wherever it goes."""
    pace = Pace()
    for chat in range(30):
        pace.spend(chat, False, 0.0)
    with pytest.raises(ApiError):
        pace.spend(99, False, 0.5)
    pace.spend(99, False, 1.0)


def test_texts_and_captions_have_their_lengths_in_utf16_units():
    """4096 and 1024 units fit, one more does not, and an emoji counts two."""
    check_text("a" * 4096)
    check_caption("🎉" * 512)
    assert refusal(check_text, "🎉" * 2049) == "Bad Request: message is too long"
    assert refusal(check_text, "") == "Bad Request: message text is empty"
    assert refusal(check_caption, "a" * 1025) == "Bad Request: MEDIA_CAPTION_TOO_LONG"


@pytest.mark.parametrize("data", ["", "ä" * 33])
def test_callback_data_has_1_to_64_bytes(data):
    """Bytes are counted, not characters."""
    assert split_markup(inline(callback_data="ä" * 32), private=False)[0] is not None
    assert refusal(split_markup, inline(callback_data=data), private=False) == (
        "Bad Request: BUTTON_DATA_INVALID"
    )


def test_mini_app_buttons_work_in_private_only_and_need_https():
    """A group refuses the type, and a plain address is refused everywhere but on loopback."""
    app = inline(web_app={"url": "https://e.org/app"})
    assert split_markup(app, private=True)[0] == app
    assert refusal(split_markup, app, private=False) == "Bad Request: BUTTON_TYPE_INVALID"
    plain = inline(web_app={"url": "http://e.org/app"})
    assert "Only HTTPS" in refusal(split_markup, plain, private=True)


@pytest.mark.parametrize("url", ["http://localhost:8000/", "ftp://e.org/", "e.org", "http://a b.c"])
def test_addresses_of_buttons_are_checked(url):
    """A host without a dot or another scheme is no address for Telegram."""
    assert "Wrong HTTP URL" in refusal(split_markup, inline(url=url), private=True)
    assert split_markup(inline(url="http://127.0.0.1:8000/"), private=True)[0] is not None


def test_keyboards_have_their_size():
    """At most 100 buttons and 8 in a row."""
    button = {"text": "x", "callback_data": "x"}
    assert split_markup({"inline_keyboard": [[button] * 8] * 12}, private=True)[0] is not None
    for rows in ([[button] * 9], [[button] * 8] * 13):
        assert "too long" in refusal(split_markup, {"inline_keyboard": rows}, private=True)


def test_buttons_that_are_unknown_here_are_refused_loudly():
    """What the sandbox does not play it does not swallow."""
    with pytest.raises(Refused):
        split_markup(inline(switch_inline_query="x"), private=True)
    assert "non-empty" in refusal(
        split_markup, {"inline_keyboard": [[{"text": " ", "url": "https://e.org"}]]}, private=True
    )


def test_prompts_are_told_from_keyboards():
    """ForceReply and reply keyboards act on the composer, not on the message."""
    assert split_markup({"force_reply": True}, private=False) == (None, {"force_reply": True})
    assert split_markup(None, private=False) == (None, None)
    assert "object expected" in refusal(split_markup, {}, private=False)


def test_photos_are_recompressed_to_telegrams_sizes():
    """A small photo keeps its size, a large one ends at 1280, turned upright."""
    assert [(r.width, r.height) for r in renditions(picture(200, 100))] == [(90, 45), (200, 100)]
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side
    Image.new("RGB", (2560, 1280)).save(out, "JPEG", exif=exif)
    assert [(r.width, r.height) for r in renditions(out.getvalue())][-1] == (640, 1280)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (picture(400, 300)[:500], "IMAGE_PROCESS_FAILED"),
        (picture(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (picture(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
        (b"0" * (10 * 1024**2 + 1), "too big for a photo"),
    ],
)
def test_photos_that_telegram_would_not_take_are_refused(data, reason):
    """No image, a broken one, too narrow, too large in pixels or in bytes."""
    assert reason in refusal(renditions, data)
