"""Whatever makes no sense is answered by one clear sentence and changes nothing."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import (
    WORK,
    add_trusted,
    ask,
    heard,
    until,
)
from tests.acceptance.unchanged import facts, fruit, one_sentence
from tests.support.bot import BotProcess
from tests.support.clips import photo
from tests.support.www import Www

pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("/nonsense", "I don't know /nonsense"),
        ("/nonsense@taptrain_bot now", "I don't know /nonsense"),
        ("/new ,", "Give the project a name"),
        (f"/new {'x' * 41} cat", "name is too long"),
        (f"/new pets {'y' * 41}", "40 letters at most"),
        ("/new pets " + ",".join(f"c{n}" for n in range(81)), "80 classes at most"),
        ("/classes ,", "at least one class"),
        ("/add not-a-link", "is no link"),
        ("/add ftp://example.org/a.mp4", "http and https links only"),
        ("/add kaggle:cats", "/add kaggle:owner/name"),
        ("/add kaggle", "is no link"),
        ("/add http://a.example/b.mp4 every=soon", "every= wants a time"),
        ("/add http://a.example/b.mp4 max=0", "max= wants a number"),
        ("/add http://a.example/b.mp4 trust=maybe", "trust= is one of"),
        ("/add http://a.example/b.mp4 http://c.example", "One thing at a time"),
        ("/train", "Nothing is labelled yet"),
        ("/train epochs=0", "epochs must be from 1"),
        ("/train epochs=1001", "epochs must be from 1"),
        ("/train epochs=many", "wants a whole number"),
        ("/train imgsz=33", "multiple of 32"),
        ("/train imgsz=32", "multiple of 32"),
        ("/train model=foo", "I don't know the model “foo”"),
        ("/train model=yolov8z", "do you mean yolov8"),
        ("/train start=last", "no model to go on from yet"),
        ("/train start=coco model=yolov6n", "no COCO weights of yolov6n"),
        ("/train lr0=2", "lr0 must be a number from"),
        ("/train device=0", "device= can't be set"),
        ("/train mosaik=1", "do you mean mosaic="),
        ("/train epochs=-1", "epochs must be from 1"),
        ("/train fast", "I don't understand “fast”"),
        ("/cancel", "Nothing is running or waiting"),
        ("/cancel 999999", "I know no job 999999"),
        ("/cancel all", "Which one?"),
        ("/export", "no model yet"),
        ("/export 7", "There is no model yet"),
        ("/export x", "Which version?"),
        ("/predict", "Send me a photo with the caption /predict"),
    ],
)
async def test_words_that_make_no_sense(
    sandbox: SandboxClient, bot: BotProcess, said: str, words: str
) -> None:
    """A wrong command is answered by one sentence; nothing is changed or queued."""
    ann = await fruit(sandbox)
    before = facts(bot)
    answer = await ask(ann, ann.private, said, words)
    one_sentence(answer)
    assert facts(bot) == before


async def test_without_a_project(sandbox: SandboxClient) -> None:
    """A command that needs a project offers to make one."""
    ann = await sandbox.member("Ann")
    await ann.start()
    for said in ("/stats", "/train", "/label", "/classes a", "/add https://example.org/a.mp4"):
        answer = await ask(ann, ann.private, said, "no project here yet", button="🆕")
        one_sentence(answer)


@pytest.mark.parametrize(
    ("name", "body", "type_", "words"),
    [
        ("/page", b"<html><body>Just words.</body></html>", "text/html", "I found no video"),
        ("/film.mp4", b"no film at all", "video/mp4", "video"),
        ("/set.zip", b"<html>log in first</html>", "text/html", "leads to a page"),
        ("/set2.zip", b"PK no zip", "application/zip", "zip"),
        ("/photo.jpg", b"\xff\xd8\xff\xe0 broken", "image/jpeg", "photo"),
        ("/gone", None, "", "404"),
    ],
)
async def test_links_to_nothing_useful(
    sandbox: SandboxClient,
    bot: BotProcess,
    www: Www,
    name: str,
    body: bytes | None,
    type_: str,
    words: str,
) -> None:
    """A link that is no video, broken or gone is told on its own card."""
    ann = await fruit(sandbox)
    before = facts(bot)
    url = www.put(name, body or b"", type=type_) if body is not None else f"http://{www.host}{name}"
    said = await ann.say(ann.private, f"/add {url}")
    failed = await heard(ann.private, said, "⚠️", words, button="➕", seconds=WORK)
    one_sentence(failed)
    assert facts(bot) == before


def bomb() -> bytes:
    """A small zip of a large picture of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", bytes(64 << 20))
    return out.getvalue()


def archive_of(files: dict[str, bytes]) -> bytes:
    """A zip as bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("photos.zip", b"this is no zip", "zip"),
        ("words.zip", archive_of({"notes.txt": b"hello"}), "no pictures in that zip"),
        ("slip.zip", archive_of({"../../evil.jpg": photo(1)}), "points outside its folder"),
        ("bomb.zip", bomb(), "zip"),
        ("broken.jpg", b"\xff\xd8\xff\xe0 no more", "I can't read that photo"),
        ("song.mp3", b"ID3 la la la", "photos, videos and zips"),
    ],
)
async def test_files_of_no_use(
    sandbox: SandboxClient, bot: BotProcess, name: str, data: bytes, words: str
) -> None:
    """A broken, empty or hostile file is refused in one sentence, and leaves nothing behind."""
    ann = await fruit(sandbox)
    before = facts(bot)
    sent = await ann.send_document(ann.private, data, name)
    failed = await heard(ann.private, sent, "⚠️", words, button="➕", seconds=WORK)
    one_sentence(failed)
    assert facts(bot) == before
    assert not list(bot.home.rglob("evil.jpg"))
    assert not list(bot.folder.parent.glob("evil.jpg"))


async def test_labels_of_other_classes(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Names that are no classes are asked about; left out, they change nothing."""
    ann = await fruit(sandbox)
    chat = ann.private
    await ask(ann, chat, "/classes apple", "apple")
    sent = await ann.send_document(chat, labelled_zip(tmp_path / "fruit.zip", range(1, 4)))
    question = await heard(chat, sent, "lemon → ?", button="⏭ Skip", seconds=WORK)
    assert (await ann.tap(question, "⏭ Skip")).answered
    await heard(chat, sent, "lemon → left out", "Are these labels right?", button="👍")
    project = bot.rows("SELECT * FROM project ORDER BY id DESC LIMIT 1")[0]
    assert json.loads(project["classes"]) == ["apple"]
    assert bot.value("SELECT COUNT(*) FROM box WHERE verdict IS NOT NULL") == 0


async def test_a_job_that_is_over_cannot_be_cancelled(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """The sentence says how the job ended; a button of it that is left says the same."""
    ann = await fruit(sandbox)
    await add_trusted(ann, ann.private, labelled_zip(tmp_path / "fruit.zip", range(1, 4)))
    job = bot.value("SELECT MAX(id) FROM job WHERE kind = 'collect'")
    await until(lambda: bot.value("SELECT state FROM job WHERE id = ?", job) == "succeeded")
    before = facts(bot)
    answer = await ask(ann, ann.private, f"/cancel {job}", f"Job {job} is finished already")
    one_sentence(answer)
    assert facts(bot) == before
