"""Labels go to another tool and come back, all in one chat."""

import io
import zipfile
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, ask, heard
from tests.acceptance.unchanged import facts, fruit
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_labels_out_and_back(sandbox: SandboxClient, bot: BotProcess, tmp_path: Path) -> None:
    """A form by button, its zip by message; unchanged it changes nothing, corrected it merges."""
    ann = await fruit(sandbox)
    chat = ann.private
    sent = await ann.send_document(
        chat, labelled_zip(tmp_path / "fruit.zip", range(1, 4)), caption="trust=yes"
    )
    await heard(chat, sent, "I take these labels", seconds=WORK)
    forms = await ask(ann, chat, "/export labels", "3 labelled pictures", button="CVAT")
    await ann.tap(forms, "CVAT")
    zipped = await heard(chat, forms, "README.txt in it says how", seconds=WORK)
    data = await sandbox.download(zipped.file_id)
    before = facts(bot)

    back = await ann.send_document(chat, data, name="fruit.zip")
    await heard(chat, back, "3 pictures came back: all known already", seconds=WORK)
    assert {**facts(bot), "sources": 0} == {**before, "sources": 0}

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("annotations.xml").decode()
    first = text.index("<box ")
    corrected = text[:first] + text[text.index("</box>", first) + len("</box>") :]
    back = await ann.send_document(chat, corrected.encode(), name="annotations.xml")
    receipt = await heard(chat, back, "1 box gone", "Are these labels right?", seconds=WORK)
    await ann.tap(receipt, "👍")
    await heard(chat, receipt, "I take these labels as they are")
    assert bot.value("SELECT COUNT(*) FROM box WHERE verdict = 'wrong'") == 1
