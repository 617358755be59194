"""How tests see that nothing was changed, and that a refusal reads well."""

from bot.sandbox.client import Member, Message, SandboxClient
from tests.acceptance.play import ask
from tests.support.bot import BotProcess

TABLES = ("project", "image", "box", "vote", "drawing", "datasetversion", "model")
FACTS = {table: f"SELECT COUNT(*) FROM {table}" for table in TABLES} | {
    "projects": "SELECT id, name, classes FROM project ORDER BY id",
    # Sheets painted ahead come by themselves; nobody has seen them yet.
    "sheets": "SELECT id, state FROM sheet WHERE NOT ahead ORDER BY id",
    "sources": "SELECT id, state, trust FROM source WHERE state <> 'failed'",
    "queue": "SELECT id FROM job WHERE state IN ('queued', 'leased', 'running')",
}


def facts(bot: BotProcess) -> dict[str, object]:
    """Everything that words, taps and files could change, but for what is kept of failed tries."""
    return dict(bot.at_once(FACTS))


def one_sentence(message: Message) -> None:
    """One short text with an end, without a path or a traceback."""
    text = message.text.replace("fruit · ", "")
    assert len(text) < 200
    assert text.rstrip()[-1] in ".?!🙂" or text[-1].isalnum() or text.endswith(")")
    for word in ("Traceback", "Error:", "/tmp", "/home", "None", "{"):
        assert word not in text


async def fruit(sandbox: SandboxClient) -> Member:
    """A member with a project in private."""
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/new fruit apple, lemon", "ready")
    return ann
