"""`/datasets`: versions of the data, compared and restored."""

from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, add_trusted, ask, heard
from tests.acceptance.unchanged import fruit
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_versions_are_compared_and_restored(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Each training card freezes a version; an earlier one is restored for one training."""
    ann = await fruit(sandbox)
    chat = ann.private
    await ask(ann, chat, "/datasets", "no data set yet", button="🏋 Train")
    await add_trusted(ann, chat, labelled_zip(tmp_path / "a.zip", range(1, 13)))
    await ask(ann, chat, "/train", "12 pictures", button="⚡")
    await add_trusted(ann, chat, labelled_zip(tmp_path / "b.zip", range(13, 17)))
    await ask(ann, chat, "/train", "16 pictures", button="⚡")

    listed = await ask(ann, chat, "/datasets", "v1 · ", "v2 · ", button="v1")
    await ann.tap(listed, "v1")
    page = await heard(chat, listed, "data v1", "12 pictures", button="⇄ Compare v2")
    assert page.id == listed.id
    await ann.tap(page, "⇄")
    compared = await heard(chat, listed, "data v1 → v2: +4 pictures.", "apple", button="v2")
    await ann.tap(compared, "v1")
    page = await heard(chat, compared, "models: none yet", button="📌 Restore")
    assert "v1 it is" in (await ann.tap(page, "📌")).text
    await heard(chat, page, "takes exactly this", button="↺ Use everything")

    card = await ask(ann, chat, "/train", "12 pictures", "data v1, restored", button="↺")
    await ann.tap(card, "↺ Use everything")
    await heard(chat, card, "16 pictures", button="⚡")
    said = await ask(ann, chat, "/datasets 2 1", "v1 → v2", "+4 pictures")
    await ann.tap(said, "v1")
    page = await heard(chat, said, "data v1", button="📌")
    await ann.tap(page, "📌")
    queued = await ask(ann, chat, "/train quick", "training", button="✖ Stop")
    request = bot.value("SELECT request FROM job WHERE kind = 'train' ORDER BY id DESC")
    first = bot.value("SELECT MIN(id) FROM datasetversion WHERE number = 1")
    assert f'"dataset_id": {first}' in request
    # It is for this one training; that is stopped, so it is for the next.
    assert bot.value("SELECT restored_id FROM project") is None
    await ann.tap(queued, "✖")
    await ask(ann, chat, "/export dataset 1", "as they were", button="YOLO")
    sent = await ann.say(chat, "/export dataset 1 yolo")
    archive = await heard(chat, sent, "12 pictures", "README.txt", seconds=WORK)
    assert archive.file_name == "fruit-yolo-data-v1.zip"
    await ask(ann, chat, "/datasets 9", "no data v9")
    await ask(ann, chat, "/datasets x", "/datasets 1 3")
