"""Keys that let members into sources: understood, kept, handed to a worker, told to nobody."""

import logging
import stat
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from bot import keys as understood
from bot.messages import keys as words
from pipeline.errors import SourceError, UserError
from pipeline.kinds import collect
from pipeline.kinds.places import Places
from pipeline.sources import cookiefile, secrets
from storage import jobs, keys, sources
from storage.db import Database
from storage.models import Job, Setting
from tests.support.project import ANN, BEN, CHAT, make_project

KEY = "KGAT_0123456789abcdef"
COOKIE = "example.org\tFALSE\t/\tTRUE\t1999999999\tsession\tabc123"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (f"kaggle={KEY}", {"kaggle": KEY}),
        (f"Kaggle = {KEY}", {"kaggle": KEY}),
        ("kaggle=ann:0123456789", {"kaggle": "ann:0123456789"}),
        ('kaggle={"username": "ann", "key": "0123456789"}', {"kaggle": "ann:0123456789"}),
        (
            "roboflow=abcdefgh12 hf=hf_abcdefgh",
            {"roboflow": "abcdefgh12", "huggingface": "hf_abcdefgh"},
        ),
        ("kaggle=off cookies=off", {"kaggle": None, "cookies": None}),
    ],
)
def test_keys_are_understood(said: str, meant: dict[str, str | None]) -> None:
    """Keys come alone or several at once, as a token, a pair or the site's own file."""
    assert understood.are_meant(said)
    assert understood.parse(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "kaggle SECRET12345",
        "kaggle=short",
        "kaggle={SECRET12345}",
        "kaggle=SECRET12345 votes=3",
        "votes=3 roboflow=SECRET12345",
        "roboflow=SECRET12345 and more",
        "cookies=SECRET12345",
        "huggingface=SECRET12345\N{SNOWMAN}",
    ],
)
def test_a_refusal_never_repeats_the_key(said: str) -> None:
    """What is no key, or comes with other words, is refused in words that hold nothing of it."""
    assert understood.are_meant(said)
    with pytest.raises(UserError) as refusal:
        understood.parse(said)
    assert "SECRET" not in refusal.value.user_message
    assert "/settings" in refusal.value.user_message
    assert not understood.HARMLESS.fullmatch(said)


@pytest.mark.parametrize(
    "said", ["votes=3", "votes.kaggle=3", "role @kaggle viewer", "train=admins"]
)
def test_other_settings_are_no_keys(said: str) -> None:
    """A class or a member may bear the name of a site."""
    assert not understood.are_meant(said)


@pytest.mark.parametrize("said", ["kaggle", "cookies", "kaggle=off", "kaggle=off roboflow = -"])
def test_words_without_a_key_may_stay(said: str) -> None:
    """Only messages with a key in them are taken out of the chat."""
    assert understood.are_meant(said)
    assert understood.HARMLESS.fullmatch(said)


def test_keys_are_a_members_own(session: Session) -> None:
    """Each member has keys of their own; a new one replaces the old, off removes it."""
    keys.keep(ANN, "kaggle", "old", session=session)
    keys.keep(ANN, "kaggle", KEY, session=session)
    keys.keep(ANN, "roboflow", "abc", session=session)
    assert keys.of_member(ANN, session=session) == {"kaggle": KEY, "roboflow": "abc"}
    assert keys.of_member(BEN, session=session) == {}
    assert keys.forget(ANN, "kaggle", session=session)
    assert not keys.forget(ANN, "kaggle", session=session)
    assert keys.of_member(ANN, session=session) == {"roboflow": "abc"}


def test_the_menu_says_set_and_no_more() -> None:
    """What is shown of a key is that it is there."""
    assert words.is_set({"kaggle": KEY}) == ["🔑 Kaggle key: set"]
    assert KEY not in words.kept(["kaggle"], [], [])["text"]


def test_a_worker_takes_the_keys_away(tmp_path: Path) -> None:
    """The file is its owner's alone, and gone once it was read; no file means no keys."""
    secrets.hand_over({"kaggle": KEY, "of a later release": "x"}, tmp_path)
    mode = (tmp_path / secrets.FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert secrets.take(tmp_path) == secrets.Secrets(kaggle=KEY)
    assert list(tmp_path.iterdir()) == []
    assert secrets.take(tmp_path) == secrets.Secrets()
    assert KEY not in repr(secrets.Secrets(kaggle=KEY))
    secrets.hand_over({}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def collecting(session: Session, kind: str) -> Job:
    """A job that collects a source of Ann's."""
    project = make_project(session)
    assert project.id is not None
    source = sources.create(
        project_id=project.id,
        kind=kind,
        what="kaggle:ann/cats",
        title="cats",
        created_by=ANN,
        trust=None,
        session=session,
    )
    return jobs.create(
        kind="collect",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"source_id": source.id},
        session=session,
    )


def test_a_retry_gets_the_keys_again(session: Session, places: Places) -> None:
    """Each attempt gets its own file, and what an earlier one left goes; the spec holds none."""
    keys.keep(ANN, "kaggle", KEY, session=session)
    job = collecting(session, "link")
    for attempt in ("1", "2"):
        folder = places.jobs / str(job.id) / attempt
        folder.mkdir(parents=True)
        spec = collect.prepare(job, folder, places, session=session)
        assert KEY not in spec.model_dump_json()
    left = [path.parent.name for path in places.jobs.rglob(secrets.FILE)]
    assert left == ["2"]
    collect.fail(job, places, session=session)
    assert list(places.jobs.rglob(secrets.FILE)) == []


def test_files_need_no_keys(session: Session, places: Places) -> None:
    """A source that came through the chat is collected without any."""
    keys.keep(ANN, "kaggle", KEY, session=session)
    job = collecting(session, "upload")
    collect.prepare(job, places.home, places, session=session)
    assert not (places.home / secrets.FILE).exists()


def test_an_error_of_the_database_holds_no_values(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """What was being written stays out of the error, and so out of the log."""
    with Session(db.engine) as session:
        session.add_all([Setting(key="a", value={"k": KEY}), Setting(key="a", value={"k": KEY})])
        with caplog.at_level(logging.ERROR), pytest.raises(IntegrityError) as error:
            session.commit()
    assert KEY not in str(error.value)


def test_cookies_are_looked_at() -> None:
    """A file of a browser's extension is kept as yt-dlp reads it."""
    text = cookiefile.read(
        f"# HTTP Cookie File\r\n# made by hand\r\n\r\n{COOKIE}\r\n#HttpOnly_.{COOKIE}\r\n".encode()
    )
    assert text == f"# Netscape HTTP Cookie File\n{COOKIE}\n#HttpOnly_.{COOKIE}\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"session=abc123",
        COOKIE.encode(),
        b"# Netscape HTTP Cookie File\n",
        b"# Netscape HTTP Cookie File\nsession=abc123\n",
        f"# Netscape HTTP Cookie File\n{COOKIE}\nmore\n".encode(),
        f"# Netscape HTTP Cookie File\n{COOKIE.replace('TRUE', 'abc')}\n".encode(),
    ],
)
def test_other_files_are_no_cookies(data: bytes) -> None:
    """Anything else is refused in one sentence that says what to do."""
    with pytest.raises(SourceError) as refusal:
        cookiefile.read(data)
    assert refusal.value.user_message == cookiefile.NOT_COOKIES
    with pytest.raises(SourceError, match="512 KB"):
        cookiefile.read(b"x" * (cookiefile.MAX_BYTES + 1))
