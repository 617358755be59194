"""The doctor says what is right and wrong, and what to do."""

import os
import stat
import subprocess
import sys
from collections import namedtuple
from datetime import date
from pathlib import Path

import pytest

from bot import doctor, requirements
from bot.doctor import Mark
from bot.requirements import Requirement
from bot.settings import load
from pipeline.browser import vendor
from tests.support.www import serving

TOKEN = "123456:" + "A" * 30
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a .env, and an environment without settings but token and home."""
    for name in [name for name in os.environ if name.startswith("TAPTRAIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPTRAIN_TOKEN", TOKEN)
    monkeypatch.setenv("TAPTRAIN_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.parametrize(
    ("limits", "have", "fits"),
    [
        (">=22.8,<23", "22.8", True),
        (">=22.8,<23", "22.10.1", True),
        (">=22.8,<23", "23.0", False),
        ("<81", "80.9.0", True),
        ("==2.19.*", "2.19.1", True),
        ("==2.19.*", "2.20.0", False),
        ("==4.22.0", "4.22", True),
        ("!=4.22.0", "4.22", False),
        (">=2.9,<2.15", "2.14.1+cpu", True),
        (">2,<=3", "3.0", True),
        ("", "1", True),
        (">=1", None, False),
    ],
)
def test_versions_are_held_against_their_limits(limits, have, fits):
    """Limits are those of pip: by numbers, not by letters; .* means every one of a series."""
    assert Requirement("thing", limits, have).fits is fits


def test_what_is_asked_for_is_read_from_the_installed_package():
    """The bot's own needs and those of training are told apart."""
    base = {need.name for need in requirements.of_extra()}
    train = {need.name for need in requirements.of_extra("train")}
    assert "python-telegram-bot" in base
    assert "ultralytics" in train
    assert not base & train
    assert all(need.fits for need in requirements.of_extra()), "the tests' own environment"


def test_packages_that_do_not_fit_are_named(monkeypatch):
    """A wrong version is told with what is wanted and what is there."""
    wrong = [Requirement("torch", ">=2.9", "2.1.0"), Requirement("ultralytics", "", None)]
    monkeypatch.setattr(requirements, "of_extra", lambda extra="": wrong if extra else [])
    base, train = doctor.packages()
    assert base.mark is Mark.RIGHT
    assert train.mark is Mark.WRONG
    assert "torch >=2.9 (found 2.1.0)" in train.words
    assert "ultralytics (missing)" in train.words


def test_a_bot_without_the_training_is_no_fault(monkeypatch):
    """A small installation collects and labels; the advice says how to train."""
    none = [Requirement(name, "", None) for name in doctor.TOLD]
    monkeypatch.setattr(requirements, "of_extra", lambda extra="": none if extra else [])
    *_, train = doctor.packages()
    assert train.mark is Mark.ADVICE
    assert "taptrain[train]" in train.words


@pytest.mark.parametrize(
    ("version", "mark"),
    [("2026.10.26", Mark.RIGHT), ("2026.01.02", Mark.ADVICE), (None, Mark.WRONG)],
)
def test_an_old_video_reader_is_told_with_its_age(monkeypatch, version, mark):
    """yt-dlp over sixty days is worth a word, a missing one is a fault."""
    monkeypatch.setattr(requirements, "version_of", lambda name: version)
    finding = doctor.youtube_reader(date(2026, 11, 23))
    assert finding.mark is mark
    assert mark is not Mark.ADVICE or "325 days" in finding.words


@pytest.mark.parametrize(
    ("program", "mark"),
    [("v22.1.0", Mark.RIGHT), ("v20.20.2", Mark.ADVICE), (None, Mark.ADVICE)],
)
def test_a_node_that_is_too_old_does_not_count(tmp_path, monkeypatch, program, mark):
    """YouTube needs Node 22 or newer, or deno."""
    if program:
        node = tmp_path / "node"
        node.write_text(f"#!/bin/sh\necho {program}\n")
        node.chmod(node.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor, "deno", lambda: None)
    assert doctor.javascript().mark is mark


def test_the_javascript_program_comes_with_the_packages(monkeypatch):
    """What pip installed is found beside Python, whatever the path says."""
    monkeypatch.setenv("PATH", "/nowhere")
    finding = doctor.javascript()
    assert finding.mark is Mark.RIGHT
    assert finding.words.startswith("deno ")


@pytest.mark.parametrize(("free", "mark"), [(0.4, Mark.WRONG), (3, Mark.ADVICE), (50, Mark.RIGHT)])
def test_room_on_the_disk_is_weighed(tmp_path, monkeypatch, free, mark):
    """Little room is a fault, also of a home that does not exist yet."""
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: Usage(0, 0, int(free * 1e9)))
    assert doctor.disk(tmp_path / "not" / "there").mark is mark


def test_missing_page_scripts_are_told(monkeypatch):
    """Without them no model can be packed."""
    monkeypatch.setattr(vendor, "is_complete", lambda: False)
    finding = doctor.page_scripts()
    assert finding.mark is Mark.WRONG
    assert "make setup" in finding.words


def test_weights_in_the_home_are_seen(tmp_path):
    """Where they are missing the advice names the folder."""
    assert str(tmp_path / "weights") in doctor.weights(tmp_path).words
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "yolov8n.pt").touch()
    assert doctor.weights(tmp_path).mark is Mark.RIGHT


@pytest.mark.parametrize(
    ("body", "status", "mark", "words"),
    [
        (b'{"ok": true, "result": {"username": "cat_bot"}}', 200, Mark.RIGHT, "@cat_bot"),
        (b'{"ok": false, "error_code": 401}', 401, Mark.WRONG, "TAPTRAIN_TOKEN"),
        (b"<html>hello</html>", 200, Mark.WRONG, "does not answer"),
    ],
)
def test_the_token_is_tried_and_never_told(settled, monkeypatch, body, status, mark, words):
    """The server's answer decides; the token stands in no line."""
    with serving() as www:
        www.put(f"/bot{TOKEN}/getMe", body, status=status)
        monkeypatch.setenv("TAPTRAIN_API_URL", f"http://{www.host}")
        finding = doctor.telegram(load())
    assert finding.mark is mark
    assert words in finding.words
    assert TOKEN not in finding.words


def test_a_missing_token_is_a_line_like_any_other(settled, monkeypatch, capsys):
    """The rest is still looked at, and the program fails."""
    monkeypatch.delenv("TAPTRAIN_TOKEN")
    assert doctor.run() == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 10
    assert all(line[0] in "✔⚠✖" for line in lines)
    assert lines[-1].startswith("✖ TAPTRAIN_TOKEN is missing")


def test_the_doctor_loads_nothing_heavy(settled):
    """Looking at versions imports neither PyTorch nor TensorFlow."""
    code = (
        "import sys; from bot import doctor; list(doctor.packages()); "
        "print([m for m in ('torch', 'tensorflow', 'ultralytics') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_browser_that_proves_models_is_looked_for(tmp_path, monkeypatch):
    """One that is named has to be there; without any TensorFlow does it."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(doctor.chromium, "_installed", lambda: iter(()))
    assert doctor.browser("").mark is Mark.ADVICE
    assert doctor.browser("none").mark is Mark.RIGHT
    assert str(program) in doctor.browser(str(program)).words
    wrong = doctor.browser(str(tmp_path / "gone"))
    assert wrong.mark is Mark.WRONG
    assert "TAPTRAIN_CHROMIUM" in wrong.words
