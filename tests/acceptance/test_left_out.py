"""What screening left out, seen and brought back in the chat."""

from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.client import SandboxClient
from tests.acceptance.play import WORK, heard, until
from tests.acceptance.unchanged import fruit
from tests.support.bot import BotProcess
from tests.support.busy import busy, cut, png
from tests.support.clips import zipped

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_what_was_left_out_is_shown_and_comes_back(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """👀 shows pictures by reason, a number brings one back, ↩ the rest; nothing is doubled."""
    ann = await fruit(sandbox)
    pictures = {f"{seed}.png": busy(seed) for seed in range(3)}
    pictures |= {f"cut{seed}.png": cut(busy(seed)) for seed in range(3)}
    pictures["black.png"] = Image.new("RGB", (320, 240))
    archive = zipped(tmp_path / "fruit.zip", {name: png(image) for name, image in pictures.items()})
    sent = await ann.send_document(ann.private, archive)
    receipt = await heard(
        ann.private, sent, "kept 3", "3 alike", "1 dark", button="👀", seconds=WORK
    )

    await ann.tap(receipt, "👀")
    page = await heard(ann.private, receipt, "To bring back: 3 alike, 1 dark", button="dark 1")
    assert page.kind == "photo"
    assert [b.text for b in page.buttons] == ["1", "2", "3", "↩ All 3 alike", "dark 1"]
    await ann.tap(page, "2")
    fewer = await heard(ann.private, receipt, "kept 4", "To bring back: 2 alike, 1 dark")
    assert [b.text for b in fewer.buttons] == ["1", "2", "↩ All 2 alike", "dark 1"]

    await ann.tap(fewer, "dark 1")
    dark = await heard(ann.private, receipt, "dark – tap a number", button="↩ All 1 dark")
    await ann.tap(dark, "↩ All 1 dark")
    alike = await heard(ann.private, receipt, "alike – tap a number", button="↩ All 2 alike")
    await ann.tap(alike, "↩ All 2 alike")
    await heard(ann.private, receipt, "4 pictures brought back", button="▶")
    await until(lambda: bot.value("SELECT COUNT(*) FROM image") == 7)
    assert bot.value("SELECT COUNT(DISTINCT group_key) FROM image") == 4

    again = await ann.send_document(ann.private, archive)
    await heard(ann.private, again, "kept 0", "7 the same", seconds=WORK)
    assert bot.value("SELECT COUNT(*) FROM image") == 7
    await ann.tap(receipt, "👀")
    await heard(ann.private, again, "4 pictures brought back")
