"""No labels, no model that knows the thing: members circle it with a finger."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import Boxes, circled, marble_clip, marbles, which_view
from tests.acceptance.play import SOON, WORK, ask, heard
from tests.support.bot import BotProcess
from tests.support.www import Www

pytestmark = pytest.mark.usefixtures("quiet_log")

VIEWS = 12


def drawing_of(message: Message) -> int:
    """The number of the drawing that a message asks for or answers; 0 when it does neither."""
    data = next((b.data for b in message.buttons if b.data and b.data.startswith("v1:d:")), None)
    return int(data.split(":")[2]) if data else 0


async def next_request(chat: Chat, since: Message | int, after: int) -> Message:
    """The next picture to draw on, or the message that tells what was won."""
    return await chat.wait(
        lambda m: (
            m.from_bot
            and ((m.has_button("🚫") and drawing_of(m) > after) or "ready" in m.text.lower())
        ),
        SOON,
        since=since,
        what="the next picture to draw on",
    )


async def answered(chat: Chat, sent: Message) -> Message:
    """What the bot understood of a drawing."""
    return await heard(chat, sent, "right?", button="✅ Right")


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    both = max(0.0, wide) * max(0.0, tall)
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)


async def draw_all(
    sandbox: SandboxClient,
    member: Member,
    chat: Chat,
    request: Message,
    *,
    boxes_of: Callable[[bytes], Boxes],
    most: int,
) -> dict[int, Boxes]:
    """Circle what is there on up to `most` pictures, each other one as a reply; nothing on one.

    Returns:
        The true boxes by the number of the drawing.
    """
    drawn: dict[int, Boxes] = {}
    first = request
    for turn in range(most):
        number = drawing_of(request)
        if not number:
            break
        data = await sandbox.download(request.file_id)
        if turn == 1:
            assert "background" in (await member.tap(request, "🚫")).text
            drawn[number] = []
        else:
            boxes = boxes_of(data)
            sent = await member.send_photo(
                chat,
                circled(data, boxes, turn),
                reply_to=request if turn % 2 or chat.id < 0 else None,
            )
            answer = await answered(chat, sent)
            assert drawing_of(answer) == number
            assert f"{len(boxes)} " in answer.text
            assert (await member.tap(answer, "✅ Right")).text.startswith(f"✅ {len(boxes)}")
            drawn[number] = boxes
        request = await next_request(chat, first, number)
    return drawn


def check_boxes(bot: BotProcess, drawn: dict[int, Boxes]) -> None:
    """Every drawn box is kept, close to the truth."""
    for number, truth in drawn.items():
        image = bot.value("SELECT image_id FROM drawing WHERE id = ?", number)
        rows = bot.rows("SELECT x1, y1, x2, y2 FROM box WHERE image_id = ?", image)
        kept = [tuple(row.values()) for row in rows]
        assert len(kept) == len(truth)
        for box in truth:
            assert max(overlap(box, other) for other in kept) >= 0.7


@pytest.mark.slow
async def test_a_video_alone_becomes_a_model_by_drawing(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """In private, drawings sent back with and without a reply are read, confirmed and trained."""
    ann = await sandbox.member("Ann")
    chat = ann.private
    await ann.start()
    await ask(ann, chat, "marble", "marble", "ready")
    url = www.put("/marbles.mp4", marble_clip(tmp_path / "marbles.mp4", VIEWS).read_bytes())
    said = await ann.say(chat, f"/add {url} every=0.5s max={VIEWS}")
    receipt = await heard(chat, said, "kept 12", "circle", button="✏️", seconds=WORK)
    await ann.tap(receipt, "✏️")
    request = await next_request(chat, receipt, 0)
    assert "Circle each marble" in request.text

    def boxes_of(data: bytes) -> Boxes:
        return marbles(which_view(Image.open(io.BytesIO(data)), VIEWS))[1]

    drawn = await draw_all(sandbox, ann, chat, request, boxes_of=boxes_of, most=VIEWS)
    # An object that was found again on a frame nearby is proposed there: that one is checked.
    unasked = bot.value(
        "SELECT count(*) FROM image WHERE id NOT IN (SELECT image_id FROM drawing)"
        " AND id NOT IN (SELECT image_id FROM box WHERE origin = 'track')"
    )
    assert unasked == 0
    assert len(drawn) > VIEWS / 2
    check_boxes(bot, drawn)
    said = await ann.say(chat, "/train epochs=1 imgsz=64")
    package = await chat.wait(
        lambda m: m.file_name == "marble-v1-tfjs.zip", WORK, since=said, what="the zip"
    )
    done = await heard(chat, package, "unseen", button="🔁")
    assert "one video" in done.text


@pytest.mark.slow
async def test_a_film_becomes_a_model_by_drawing(
    sandbox: SandboxClient, bot: BotProcess, www: Www, shared_data: Path
) -> None:
    """The same on real frames, in a group, where each drawing is a reply."""
    ann = await sandbox.member("Ann")
    group = await sandbox.group("Street", ann)
    await ask(ann, group, "/new riders: Murka", "Murka")
    url = www.put("/bikes.mp4", (shared_data / "videos" / "bikes.mp4").read_bytes())
    said = await ann.say(group, f"/add {url} every=1s max=20")
    receipt = await heard(group, said, "10 pictures", "circle", button="✏️", seconds=WORK)
    await ann.tap(receipt, "✏️")
    request = await next_request(group, receipt, 0)
    box = (0.42, 0.3, 0.58, 0.75)
    drawn = await draw_all(sandbox, ann, group, request, boxes_of=lambda _: [box], most=8)
    assert len(drawn) >= 6
    check_boxes(bot, drawn)
    said = await ann.say(group, "/train epochs=1 imgsz=64")
    package = await group.wait(
        lambda m: m.file_name == "riders-v1-tfjs.zip", WORK, since=said, what="the zip"
    )
    await heard(group, package, "unseen", button="🔁")


async def test_drawings_in_a_group(sandbox: SandboxClient, bot: BotProcess, tmp_path: Path) -> None:
    """A drawing with a box too many is mended; one without ink or of another picture is told."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Marbles", ann, ben)
    ready = await ask(ann, group, "/new game: marble, dice", "game", "marble and dice")
    sent = await ann.send_video(
        group, marble_clip(tmp_path / "few.mp4", 4), caption="every=0.5s", reply_to=ready
    )
    receipt = await heard(group, sent, "kept 4", button="✏️", seconds=WORK)
    await ben.tap(receipt, "✏️")
    request = await next_request(group, receipt, 0)
    number = drawing_of(request)
    data = await sandbox.download(request.file_id)
    boxes = marbles(which_view(Image.open(io.BytesIO(data)), 4))[1]

    plain = await ben.send_photo(group, data, reply_to=request)
    told = await heard(group, plain, "game")
    assert told.reply_to == plain.id
    assert not told.buttons

    extra = (0.02, 0.02, 0.12, 0.15)
    blue = (10, 132, 255)  # no class's pen here
    sent = await ben.send_photo(group, circled(data, [extra], 2, colour=blue), reply_to=request)
    answer = await heard(group, sent, "1 object: of which class?", button="↩ Again")
    assert "again" in (await ann.tap(answer, "↩")).text
    drawn = circled(data, [*boxes, extra], 3, colour=blue)
    sent = await ben.send_photo(group, drawn, reply_to=request)
    answer = await heard(group, sent, "of which class?", button=f"🗑 {len(boxes) + 1}")
    marbles_kept = len(boxes)
    assert (await ann.tap(answer, "🗑 1")).text == "Left out"
    answer = await group.wait(
        lambda m: (
            drawing_of(m) == number
            and m.has_button("🗑")
            and not m.has_button(f"🗑 {marbles_kept + 1}")
        ),
        SOON,
        since=answer,
        what="the answer with a box less",
    )
    won = "1 marble" if marbles_kept == 1 else f"{marbles_kept} marbles"
    assert (await ann.tap(answer, "✅ marble")).text == f"✅ {won}"
    rows = bot.rows(
        "SELECT box.label FROM box JOIN drawing USING (image_id) WHERE drawing.id = ?", number
    )
    assert [row["label"] for row in rows] == ["marble"] * marbles_kept
    request = await next_request(group, answer, number)
    assert (await ann.tap(request, "⏭")).text == "Skipped"
    request = await next_request(group, answer, drawing_of(request))
    assert "brush" in (await ann.tap(request, "❔")).text
    assert (await ann.tap(request, "⏹")).text == "Stopped"
    await heard(group, request, "1 picture: is nothing missing?", button="▶")
