"""Plays members of a chat from Python: for tests and for the demo's scripted members.

    async with SandboxClient(address) as sandbox:
        ann = await sandbox.member("Ann")
        ben = await sandbox.member("Ben")
        cats = await sandbox.group("Cats", ann, ben, bot_is_admin=True)
        said = await ann.say(cats, "/start")
        hello = await cats.wait(lambda m: m.from_bot and "find" in m.text, since=said)
        await ann.say(cats, "cat", reply_to=hello)
        sheet = await cats.wait(lambda m: m.has_button("✅"))
        answer = await ben.tap(sheet, "✅")           # answer.text is the toast
        archive = await cats.wait(lambda m: m.file_name.endswith(".zip"), timeout=60)
        data = await sandbox.download(archive.file_id)

`wait` sees new messages and edits alike. A message is a snapshot: `await chat.get(message)`
reads it again. In private, `ann.private` is the chat and `await ann.start("payload")` opens it.
"""

from bot.sandbox.client.chat import Chat
from bot.sandbox.client.member import Member
from bot.sandbox.client.sandbox import SandboxClient
from bot.sandbox.client.values import Answer, Button, Message, SandboxError, WaitTimeout

__all__ = [
    "Answer",
    "Button",
    "Chat",
    "Member",
    "Message",
    "SandboxClient",
    "SandboxError",
    "WaitTimeout",
]
