"""The end of a worker's log, as people are sent it."""

from pathlib import Path

import pytest
from sqlmodel import Session

from bot import logs as kept_logs
from pipeline.jobs import logs
from pipeline.kinds.places import Places
from storage import keys
from storage.models import Job

TOKEN = "123456789:" + "AAH" + "x" * 32


def logged(folder: Path, text: str) -> Path:
    """An attempt's folder with a log."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").write_text(text)
    return folder


def test_the_last_lines_are_kept(tmp_path: Path) -> None:
    """Of a long log two hundred lines, of lines that were rewritten in place the last state."""
    lines = [f"line {number}" for number in range(1, 1001)]
    bar = "\r".join(f"\x1b[K{percent}%" for percent in range(101))
    text = logs.tail(logged(tmp_path, "\n".join([*lines, bar, ""])))
    assert text.splitlines()[0] == "line 802"
    assert text.splitlines()[-1] == "100%"
    assert len(text.splitlines()) == logs.LINES
    assert "\x1b" not in text


def test_long_lines_do_not_make_a_large_file(tmp_path: Path) -> None:
    """Whatever was printed, it is at most 50 kB, and the end is there."""
    text = logs.tail(logged(tmp_path, f"{'ü' * 90_000}\n" * 3 + "the end\n"))
    assert len(text.encode()) <= logs.BYTES + 1
    assert text.endswith("the end\n")


@pytest.mark.parametrize("text", [None, "", "\n\n  \n"])
def test_nothing_printed_is_no_log(tmp_path: Path, text: str | None) -> None:
    """No file, an empty one, or blank lines."""
    if text is not None:
        logged(tmp_path, text)
    assert logs.tail(tmp_path) == ""


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (f"GET https://api.telegram.org/bot{TOKEN}/getMe", TOKEN[10:]),
        ("hf_abcdefghijklmnopqrstuv is refused", "hf_abcdefgh"),
        ("s3: AKIAABCDEFGHIJKLMNOP", "AKIAABCD"),
        ("https://ann:pa55w0rd@host/set.zip", "pa55w0rd"),
        ("Authorization: Bearer abc.def.ghi", "abc.def"),
        ("{'api_key': 'sesame-open'}", "sesame"),
        ("TAPTRAIN_TOKEN=sesame-open", "sesame"),
        ("https://host/set?api_key=sesame-open&size=3", "sesame"),
        ("password: sesame-open", "sesame"),
    ],
)
def test_secrets_do_not_get_out(said: str, secret: str) -> None:
    """What looks like a token, a key or a password is replaced; the words around it stay."""
    text = logs.scrubbed(f"before\n{said}\nafter", {})
    assert secret not in text
    assert logs.HIDDEN in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter")


def test_what_is_no_secret_stays() -> None:
    """Losses, class names and tracebacks are what people want to read."""
    said = "KeyError: 'cat'\n  1/25  0.9G  1.234  2.345\nkey frames: 12\ntokens: 3"
    assert logs.scrubbed(said, {}) == said


def test_a_jobs_log_is_that_of_its_last_attempt_that_spoke(
    session: Session, places: Places
) -> None:
    """Without the home's path and the keys of who asked for it."""
    keys.keep(1, "roboflow", "rf-sesame-open", session=session)
    session.flush()
    job = Job(id=7, kind="train", chat_id=-1, member_id=1, attempt=3)
    assert kept_logs.keep(job, places, session=session) is None
    logged(places.jobs / "7" / "1", "the first\n")
    logged(places.jobs / "7" / "2", f"{places.home}/weights\nwith rf-sesame-open\n")
    logged(places.jobs / "7" / "3", "")
    kept = kept_logs.keep(job, places, session=session)
    assert kept is not None
    assert places.files.read(kept[0]).decode() == f"HOME/weights\nwith {logs.HIDDEN}\n"
    assert kept[1] == 2
