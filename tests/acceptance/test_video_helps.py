"""One drawing on a frame of a video becomes boxes on its other frames, by one tap."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import circled
from tests.acceptance.play import WORK, ask, heard, next_sheet, settle, sheet_of
from tests.acceptance.test_cold_start import answered, drawing_of, next_request, overlap
from tests.support.bot import BotProcess
from tests.support.clips import clip
from tests.support.moving import Box, Toy, shot

pytestmark = pytest.mark.usefixtures("quiet_log")

STEPS = 6


def rolling(step: int) -> tuple[Image.Image, list[Box]]:
    """A toy that rolls over a patterned floor."""
    return shot([Toy(350 + 40 * step, 360)])


def step_of(data: bytes) -> int:
    """Which step a picture shows."""
    seen = np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((120, 90)), dtype=float)

    def away(step: int) -> float:
        view = rolling(step)[0].resize((120, 90))
        return float(np.abs(np.asarray(view, dtype=float) - seen).mean())

    return min(range(STEPS), key=away)


async def test_one_drawing_and_one_tap_label_a_whole_film(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """What was circled once is followed to the other frames and settled there as one tile.

    All but the frame that is asked to be drawn on next: whoever draws there needs no proposal.
    """
    ann = await sandbox.member("Ann")
    chat = ann.private
    await ann.start()
    await ask(ann, chat, "rolling toy", "rolling toy", "ready")
    frames = (np.asarray(rolling(step)[0]) for step in range(STEPS))
    film = clip(tmp_path / "film.mp4", (frame for frame in frames for _ in range(5)), rate=10)
    sent = await ann.send_video(chat, film, caption="every=0.5s")
    receipt = await heard(chat, sent, f"kept {STEPS}", button="✏️", seconds=WORK)
    await ann.tap(receipt, "✏️")
    request = await next_request(chat, receipt, 0)

    data = await sandbox.download(request.file_id)
    drawn = step_of(data)
    sent = await ann.send_photo(chat, circled(data, rolling(drawn)[1], 1), reply_to=request)
    answer = await answered(chat, sent)
    await ann.tap(answer, "✅ Right")
    waits = await next_request(chat, answer, drawing_of(request))
    asked = step_of(await sandbox.download(waits.file_id))
    told = await heard(chat, answer, f"{STEPS - 2} boxes followed", button="▶", seconds=WORK)
    rows = bot.rows(
        "SELECT image.seconds, x1, y1, x2, y2, score, verdict FROM box JOIN image ON image.id = "
        "image_id WHERE origin = 'track' AND box.project_id = (SELECT project_id FROM drawing "
        "WHERE id = ?)",
        drawing_of(request),
    )
    assert {round(row["seconds"] / 0.5) for row in rows} == set(range(STEPS)) - {drawn, asked}
    for row in rows:
        truth = rolling(round(row["seconds"] / 0.5))[1][0]
        assert overlap((row["x1"], row["y1"], row["x2"], row["y2"]), truth) > 0.7
        assert row["verdict"] is None

    await ann.tap(told, "▶")
    sheet = await next_sheet(chat, told)
    assert sheet_of(sheet)
    assert "followed through the video" in sheet.text
    await settle(ann, sheet)
    sheet = await next_sheet(chat, sheet, sheet_of(sheet))
    assert "Is anything missing?" in sheet.text
    verdicts = bot.rows("SELECT DISTINCT verdict FROM box WHERE origin = 'track'")
    assert [row["verdict"] for row in verdicts] == ["right"]
