"""Data sets by name, and the keys that some of them need."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.client import Chat, Message, SandboxClient
from bot.sandbox.server import SandboxServer
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, ask, eventually, heard, post
from tests.acceptance.unchanged import one_sentence
from tests.support.bot import BotProcess
from tests.support.kaggle import TOKEN, DataSet, Kaggle
from tests.support.www import serving

pytestmark = pytest.mark.usefixtures("quiet_log")

COOKIE = "hush-0123456789"
COOKIES = (
    f"# Netscape HTTP Cookie File\nexample.org\tFALSE\t/\tTRUE\t1999999999\tsession\t{COOKIE}\n"
).encode()


@dataclass
class Hub:
    """The stand-in of Kaggle."""

    kaggle: Kaggle


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Kaggle with two sets about fruit, one of them private."""
    folder = tmp_path_factory.mktemp("hub")
    with ExitStack() as stack:
        www = stack.enter_context(serving())
        kaggle = Kaggle(www)
        for number, name in enumerate(("ann/fruit-open", "ann/fruit-mine")):
            data = labelled_zip(folder / f"{number}.zip", range(1 + 4 * number, 5 + 4 * number))
            link = www.put(f"/{number}.zip", data.read_bytes(), headers={"ETag": '"one"'})
            kaggle.sets[name] = DataSet(link, private=name.endswith("mine"))
        stack.enter_context(kaggle.serving())
        yield Hub(kaggle)


@pytest.fixture(scope="module")
def bot(
    server: SandboxServer, hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    """A bot that asks the stand-in; at the end no key is in anything it wrote."""
    process = BotProcess(
        tmp_path_factory.mktemp("bot"), server.address, MIRRORS=f"kaggle={hub.kaggle.url}"
    )
    process.start()
    yield process
    rows = {
        table: process.rows(f"SELECT * FROM {table}")
        for table in [
            row["name"]
            for row in process.rows(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'setting'"
            )
        ]
    }
    process.close()
    assert "kaggle:ann/fruit-mine" in str(rows["source"])
    for key in (TOKEN, COOKIE):
        assert key not in process.written()
        assert key not in str(rows)


async def gone(chat: Chat, message: Message) -> None:
    """Wait until a message is not there any more."""

    async def there() -> bool:
        return message.id not in [one.id for one in await chat.messages()]

    await eventually(there)


async def test_a_search_a_choice_and_a_key(sandbox: SandboxClient, bot: BotProcess) -> None:
    """A search shows buttons; what needs a key says so, takes it in private, and then comes."""
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/new fruit apple, lemon", "ready")
    offer = await ask(ann, ann.private, "/add kaggle fruit max=50", "Which one?", seconds=WORK)
    assert [button.text.split(" · ")[0] for button in offer.buttons] == [
        "All fruit-open",
        "All fruit-mine",
    ]
    assert (await ann.tap(offer, "All fruit-open")).text == "On its way"
    came = await heard(ann.private, offer, "All fruit-open", "are these labels right", seconds=WORK)
    assert "here already" in (await ann.tap(offer, "All fruit-open")).text
    await ann.tap(offer, "All fruit-mine")
    refused = await heard(ann.private, came, "⚠️", "/settings kaggle=KEY", seconds=WORK)
    said = await ann.say(ann.private, f"/settings kaggle={TOKEN}")
    await heard(ann.private, refused, "Kaggle key: set")
    await gone(ann.private, said)
    menu = await ask(ann, ann.private, "/settings", "Kaggle key: set")
    assert TOKEN not in menu.text
    assert (await ann.tap(offer, "All fruit-mine")).text == "On its way"
    await heard(ann.private, menu, "All fruit-mine", "are these labels right", seconds=WORK)
    listed = await ask(ann, ann.private, "/sources", "All fruit-open")
    assert "Kaggle: fruit" not in listed.text
    facts = bot.rows("SELECT provenance FROM source WHERE state = 'asking'")
    assert all("CC0-1.0" in row["provenance"] for row in facts)
    asked = bot.rows("SELECT request FROM job WHERE kind = 'collect'")
    assert all('"max_images": 50' in row["request"] for row in asked)
    await ask(ann, ann.private, "/settings kaggle=off", "Kaggle key: gone")
    assert "Kaggle key" not in (await ask(ann, ann.private, "/settings", "1 vote a tile")).text


async def test_forged_choices(sandbox: SandboxClient, server: SandboxServer) -> None:
    """A button of an offer has no other use than the choices that are in it."""
    ann, eve = await sandbox.member("Ann"), await sandbox.member("Eve")
    for member in (ann, eve):
        await member.start()
        await ask(member, member.private, "/new fruit apple, lemon", "ready")
    offer = await ask(ann, ann.private, "/add kaggle fruit", "Which one?", seconds=WORK)
    data = str(offer.buttons[0].data)
    forged = {
        ann: {f"{data}9": "don't know this button", "v1:pick:x:0": "long ago"},
        eve: {data: "another chat", "v1:pick:999999:0": "gone"},
    }
    for member, said in forged.items():
        old = await post(server, member.private, *said)
        for one, words in said.items():
            assert words in (await member.tap(old, "", data=one)).text


async def test_keys_have_no_place_in_a_group(sandbox: SandboxClient) -> None:
    """In a group a key is refused; the message goes if the bot may, else its author is asked."""
    ann = await sandbox.member("Ann")
    await ann.start()
    group = await sandbox.group("Fruit", ann)
    said = await ann.say(group, f"/settings roboflow={TOKEN}")
    await heard(group, said, "private chat only", button="🔑")
    await heard(group, said, "please delete it yourself")
    await sandbox.change(group, "bot", "promote")
    said = await ann.say(group, f"/settings roboflow {TOKEN}")
    await gone(group, said)
    alone = await ask(ann, ann.private, "/settings roboflow=off", "none to take away")
    one_sentence(alone)


async def test_what_is_no_key(sandbox: SandboxClient) -> None:
    """It is refused without being repeated, and taken out of the chat like a real one."""
    ann = await sandbox.member("Ann")
    await ann.start()
    said = await ann.say(ann.private, f"/settings kaggle {TOKEN}")
    refusal = await heard(ann.private, said, "Send keys by themselves")
    assert TOKEN not in refusal.text
    await gone(ann.private, said)


async def test_cookies_come_as_a_file(sandbox: SandboxClient, tmp_path: Path) -> None:
    """cookies.txt is looked at, kept and taken out of the chat: by caption or as an answer."""
    ann = await sandbox.member("Ann")
    await ann.start()
    sent = await ann.send_document(
        ann.private, b"no cookies", name="cookies.txt", caption="/settings cookies"
    )
    one_sentence(await heard(ann.private, sent, "no cookies.txt in Netscape's form"))
    await gone(ann.private, sent)
    sent = await ann.send_document(
        ann.private, COOKIES, name="cookies.txt", caption="/settings cookies"
    )
    await heard(ann.private, sent, "Cookies for videos: set")
    await gone(ann.private, sent)
    await ask(ann, ann.private, "/settings cookies=off", "gone")
    sent = await ann.send_document(ann.private, COOKIES, name="www.example.org_cookies.txt")
    await heard(ann.private, sent, "Cookies for videos: set")
    await gone(ann.private, sent)
    question = await ask(ann, ann.private, "/settings cookies", "as a reply to this")
    assert question.force_reply
    sent = await ann.send_document(ann.private, COOKIES, name="mine.txt", reply_to=question)
    await heard(ann.private, sent, "Cookies for videos: set")
    await gone(ann.private, sent)
