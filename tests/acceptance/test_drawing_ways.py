"""Ways of saying where an object is: two taps on a lettered grid, written cells, pens by class."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from pipeline.labelling import cells
from pipeline.labelling.cells import Grid, Span
from tests.acceptance.material import SIZE, Boxes, circled, marble_clip, marbles, which_view
from tests.acceptance.play import WORK, ask, heard
from tests.support.bot import BotProcess
from tests.support.pen import COLOURS, Box, iou

VIEWS = 4
ASPECT = SIZE[1] / SIZE[0]


async def to_draw(member: Member, chat: Chat, folder: Path, named: str, *words: str) -> Message:
    """A project with a few pictures of marbles, and the first request to draw on one."""
    ready = await ask(member, chat, named, *words)
    clip = marble_clip(folder / "few.mp4", VIEWS)
    reply = ready if chat.id < 0 else None
    sent = await member.send_video(chat, clip, caption="every=0.5s", reply_to=reply)
    offer = await heard(chat, sent, "circle", button="✏️", seconds=WORK)
    await member.tap(offer, "✏️")
    return await heard(chat, offer, "circle", button="▦ Two taps")


async def truth(sandbox: SandboxClient, request: Message) -> Boxes:
    """The marbles on the picture that was sent."""
    data = await sandbox.download(request.file_id)
    return marbles(which_view(Image.open(io.BytesIO(data)), VIEWS))[1]


def corner(grid: Grid, x: float, y: float, *, second: bool) -> str:
    """The name of the cell that a person would tap for a corner there."""

    def nearest(spans: tuple[Span, ...], choices: range, value: float) -> int:
        return min(choices, key=lambda place: abs(sum(spans[place]) / 2 - value))

    columns, rows = grid.choices(second=second)
    return cells.name((nearest(grid.columns, columns, x), nearest(grid.rows, rows, y)))


async def shown(chat: Chat, since: Message, *words: str, button: str) -> Message:
    """The drawing's message once it says this; it is edited from step to step."""
    return await heard(chat, since, *words, button=button)


def kept(bot: BotProcess, label: str) -> list[Box]:
    """The drawn boxes of a class."""
    rows = bot.rows("SELECT x1, y1, x2, y2 FROM box WHERE label = ? ORDER BY id", label)
    return [(row["x1"], row["y1"], row["x2"], row["y2"]) for row in rows]


async def test_a_box_by_two_taps_outlives_a_kill(
    sandbox: SandboxClient, fresh_bot: BotProcess, tmp_path: Path
) -> None:
    """Corner, a killed bot, corner, both closer, another box, ✅: two boxes near the truth."""
    fresh_bot.start()
    ann = await sandbox.member("Ann")
    chat = ann.private
    await ann.start()
    request = await to_draw(ann, chat, tmp_path, "marble", "marble", "ready")
    while len(boxes := await truth(sandbox, request)) < 2:
        await ann.tap(request, "⏭")
        request = await heard(chat, request.id + 1, "circle", button="▦ Two taps")
    await ann.tap(request, "▦ Two taps")
    message = await shown(chat, request, "one corner of a marble", button="A1")
    first = message.id
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        grid = cells.coarse(ASPECT)
        taps = [corner(grid, x1, y1, second=False), corner(grid, x2, y2, second=True)]
        assert "opposite" in (await ann.tap(message, taps[0])).text
        if number == 0:
            fresh_bot.kill()
            fresh_bot.start()
        message = await shown(chat, request, f"{taps[0]} ✓", button=f"📍{taps[0]}")
        await ann.tap(message, taps[1] if taps[0] != taps[1] else f"📍{taps[1]}")
        message = await shown(chat, request, "Closer", "left and upper", button="✅ Good")
        around = grid.around(grid.named(taps[0]), grid.named(taps[1]))
        grid = cells.closer(around, ASPECT)
        taps = [corner(grid, x1, y1, second=False), corner(grid, x2, y2, second=True)]
        await ann.tap(message, taps[0])
        message = await shown(chat, request, "right and lower", button=taps[1])
        await ann.tap(message, taps[1])
        message = await shown(chat, request, f"{number + 1} marble", "right?", button="➕")
        assert message.id == first
        if number + 1 < len(boxes):
            await ann.tap(message, "➕ Another box")
            message = await shown(chat, request, "one corner of a marble", button="A1")
    assert (await ann.tap(message, "✅ Right")).text == "✅ 2 marbles"
    found = kept(fresh_bot, "marble")
    for box in boxes:
        assert max(iou(box, other) for other in found) > 0.7
    votes = fresh_bot.rows("SELECT DISTINCT member_id FROM vote WHERE subject_kind = 'box'")
    assert [row["member_id"] for row in votes] == [ann.id]
    asked = fresh_bot.rows("SELECT DISTINCT member_id FROM drawing")
    assert [row["member_id"] for row in asked] == [ann.id]


@pytest.mark.usefixtures("quiet_log")
async def test_cells_are_written_and_words_are_checked(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """`dice B2-D4` in reply does what taps do; cells and classes that are not there are told."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Words", ann, ben)
    request = await to_draw(ann, group, tmp_path, "/new words: marble, cube", "marble and cube")
    assert "🔴 marble · 🟠 cube" in request.text
    for words, told in (
        ("cube B2-Z9", "no cell Z9"),
        ("hippo B2-C3", "The classes here are marble and cube"),
        ("what a day", "write two cells"),
    ):
        said = await ben.say(group, words, request)
        answer = await heard(group, said, told)
        assert answer.reply_to == said.id
    assert bot.value("SELECT count(*) FROM drawing WHERE state != 'asked'") == 0

    await ben.say(group, "cube B2-D4, A1", request)
    message = await heard(group, request, "Closer", "2 to go", button="✅ Good")
    assert (await ann.tap(message, "✅ Good")).text == "Kept"
    message = await heard(group, request, "Closer: where", button="✅ Good")
    await ben.say(group, "A1-D4", message)
    message = await heard(group, request, "1 cube: the others of which class?", button="2 ? ▸")
    grid = cells.coarse(ASPECT)
    drawn: list[list[float]] = json.loads(bot.value("SELECT boxes FROM drawing"))
    assert drawn[0] == pytest.approx(grid.around((1, 1), (3, 3)))
    closer = cells.closer(grid.around((0, 0), (0, 0)), ASPECT)
    assert drawn[1] == pytest.approx(closer.between((0, 0), (3, 3)))

    assert (await ann.tap(message, "2 ? ▸")).text == "2: marble"
    message = await heard(group, request, "1 cube and 1 marble, right?", button="✅ Right")
    await ben.say(group, "cubes", message)
    message = await heard(group, request, "2 cubes, right?", button="↩ Again")
    await ann.tap(message, "↩ Again")
    message = await heard(group, request, "one corner of an object", button="A1")
    assert (await ann.tap(message, "⏹ Stop")).text == "Stopped"
    assert kept(bot, "cube") == []


@pytest.mark.usefixtures("quiet_log")
async def test_each_class_has_its_pen(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Two pens on one picture make boxes of two classes; a caption with no class is told."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Pens", ann, ben)
    request = await to_draw(ann, group, tmp_path, "/new pens: ball, cube", "ball and cube")
    data = await sandbox.download(request.file_id)
    red, orange = COLOURS[:2]
    left, right = (0.1, 0.2, 0.4, 0.6), (0.55, 0.3, 0.9, 0.8)
    drawn = circled(data, [left], 1, colour=red, scale=1, quality=95)
    drawn = circled(drawn, [right], 2, colour=orange)
    sent = await ben.send_photo(group, drawn, caption="hippo", reply_to=request)
    told = await heard(group, sent, "“hippo”", "ball and cube")
    assert told.reply_to == sent.id
    sent = await ben.send_photo(group, drawn, reply_to=request)
    answer = await heard(group, sent, "1 ball and 1 cube, right?", button="✅ Right")
    assert (await ann.tap(answer, "✅ Right")).text == "✅ 1 ball and 1 cube"
    assert iou(kept(bot, "ball")[0], left) > 0.85
    assert iou(kept(bot, "cube")[0], right) > 0.85
