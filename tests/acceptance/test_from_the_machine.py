"""What lies on the bot's machine comes in past the chat."""

import subprocess
import sys
from pathlib import Path

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import SandboxServer
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, ask, heard
from tests.support.bot import BotProcess
from tests.support.sandbox import picture


def add(bot: BotProcess, *words: str) -> subprocess.CompletedProcess[str]:
    """`taptrain add` with the bot's settings."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("taptrain")), "add", *words],
        env={f"TAPTRAIN_{name}": value for name, value in bot.settings.items()},
        cwd=bot.folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


async def test_the_owner_adds_files_of_the_machine(
    sandbox: SandboxClient, server: SandboxServer, tmp_path: Path
) -> None:
    """`taptrain add` and the watched folder end as cards in the project's chat."""
    watched = tmp_path / "watched"
    watched.mkdir()
    bot = BotProcess(tmp_path / "bot", server.address, INBOX=str(watched))
    bot.start()
    try:
        ann = await sandbox.member("Ann")
        await ann.start()
        ready = await ask(ann, ann.private, "/new fruit apple, lemon", "ready")
        archive = labelled_zip(tmp_path / "fruit.zip", range(1, 5))
        done = add(bot, "fruit", str(archive), "--trust", "yes")
        assert done.stdout.strip() == "fruit: fruit.zip handed over; its chat shows how it goes."
        await heard(ann.private, ready, "fruit.zip", "kept 4", "I take these labels", seconds=WORK)
        (watched / "fruit").mkdir()
        (watched / "fruit" / "new.jpg").write_bytes(picture(1200, 900, "purple"))
        await heard(ann.private, ready, "fruit\n1 picture → kept 1", seconds=WORK)
        refused = add(bot, "nuts", str(archive))
        assert (refused.returncode, refused.stderr.strip()) == (
            2,
            "There is no project nuts: there are fruit.",
        )
    finally:
        bot.close()
