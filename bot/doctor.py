"""`taptrain doctor`: what is right and wrong on this machine, a line each, with what to do."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from importlib import metadata
from pathlib import Path

import httpx

from bot import requirements
from bot.settings import HOME, Settings, SettingsError, load
from pipeline import chromium
from pipeline.browser import vendor
from pipeline.sources.javascript import deno

YTDLP_OLD_DAYS = 60
NODE_LEAST = 22
DENO_LEAST = (2, 3)
LITTLE_GB, TIGHT_GB = 1.0, 5.0
ANSWER_SECONDS = 2.0
TOLD = ("ultralytics", "torch", "tensorflow", "tensorflowjs")


class Mark(Enum):
    """How a finding counts: only WRONG makes the doctor fail."""

    RIGHT = "✔"
    ADVICE = "⚠"
    WRONG = "✖"


@dataclass(frozen=True)
class Finding:
    """One line."""

    mark: Mark
    words: str

    def __str__(self) -> str:
        return f"{self.mark.value} {self.words}"


def run() -> int:
    """Print every finding; 1 when something essential is wrong, else 0."""
    worst = 0
    for finding in findings():
        print(finding, flush=True)
        if finding.mark is Mark.WRONG:
            worst = 1
    return worst


def findings() -> Iterator[Finding]:
    """Look at everything, quick things first."""
    try:
        settings, trouble = load(), None
    except SettingsError as error:
        settings, trouble = None, error
    home = settings.home if settings else HOME.expanduser()
    yield python()
    yield from packages()
    yield page_scripts()
    yield disk(home)
    yield weights(home)
    yield youtube_reader(date.today())
    yield javascript()
    yield ffmpeg()
    yield browser(settings.chromium if settings else "")
    if settings is None:
        yield Finding(Mark.WRONG, str(trouble))
    else:
        yield telegram(settings)


def python() -> Finding:
    """The version that runs this."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Finding(Mark.RIGHT, f"Python {version}")
    return Finding(Mark.WRONG, f"Python {version}: taptrain needs 3.11 or 3.12.")


def packages() -> Iterator[Finding]:
    """What the bot needs, and what a worker needs to train; neither is imported."""
    try:
        base, train = requirements.of_extra(), requirements.of_extra("train")
    except metadata.PackageNotFoundError:
        yield Finding(Mark.WRONG, "taptrain is not installed here: run `make setup`.")
        return
    misfits = [need for need in base if not need.fits]
    if misfits:
        yield Finding(Mark.WRONG, f"The bot's packages don't fit: {_listed(misfits)}. {_SETUP}")
    else:
        yield Finding(Mark.RIGHT, f"The bot's {len(base)} packages fit")
    if all(need.have is None for need in train if need.name in TOLD):
        yield Finding(
            Mark.ADVICE,
            "No training on this machine: the extra `taptrain[train]` is not installed. "
            "`make setup` brings it.",
        )
        return
    misfits = [need for need in train if not need.fits]
    if misfits:
        yield Finding(
            Mark.WRONG, f"The training's packages don't fit: {_listed(misfits)}. {_SETUP}"
        )
    else:
        told = ", ".join(f"{need.name} {need.have}" for need in train if need.name in TOLD)
        yield Finding(Mark.RIGHT, f"The training's {len(train)} packages fit ({told})")


_SETUP = "Run `make setup`."


def _listed(misfits: list[requirements.Requirement]) -> str:
    shown = ", ".join(str(need) for need in misfits[:4])
    return shown + (f" and {len(misfits) - 4} more" if len(misfits) > 4 else "")


def page_scripts() -> Finding:
    """TensorFlow.js, which travels inside every model's zip, and the editor's Konva."""
    if vendor.is_complete():
        return Finding(Mark.RIGHT, "The scripts of the web pages are here")
    return Finding(
        Mark.WRONG,
        "The scripts of the web pages are missing: run `make setup`, or "
        "`python -m pipeline.browser`.",
    )


def disk(home: Path) -> Finding:
    """Room where pictures and models go."""
    there = next(place for place in (home, *home.parents) if place.exists())
    free = shutil.disk_usage(there).free / 1e9
    words = f"{free:.0f} GB free in {home}"
    if free < LITTLE_GB:
        return Finding(Mark.WRONG, f"Only {words}: make room, or set TAPTRAIN_HOME elsewhere.")
    if free < TIGHT_GB:
        return Finding(Mark.ADVICE, f"Only {words}: videos and trainings may fill it.")
    return Finding(Mark.RIGHT, words)


def weights(home: Path) -> Finding:
    """COCO's weights, from which trainings start sooner."""
    if (home / "weights" / "yolov8n.pt").is_file():
        return Finding(Mark.RIGHT, "yolov8n.pt is here: trainings start from COCO's weights")
    return Finding(
        Mark.ADVICE,
        "yolov8n.pt is not here yet: the first training fetches it; without internet it starts "
        f"from nothing, unless you put the file into {home / 'weights'}.",
    )


def youtube_reader(today: date) -> Finding:
    """yt-dlp ages in weeks: the sites it reads change."""
    version = requirements.version_of("yt-dlp")
    parts = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", version or "")
    if parts is None:
        return Finding(Mark.WRONG, f"yt-dlp is missing: no video pages can be read. {_SETUP}")
    days = (today - date(*map(int, parts.groups()))).days
    if days > YTDLP_OLD_DAYS:
        return Finding(
            Mark.ADVICE,
            f"yt-dlp {version} is {days} days old: "
            "`.venv/bin/pip install --upgrade yt-dlp yt-dlp-ejs` if a page can't be read.",
        )
    return Finding(Mark.RIGHT, f"yt-dlp {version}, {max(days, 0)} days old")


def javascript() -> Finding:
    """What yt-dlp needs for most of YouTube's videos."""
    found = deno()
    said = re.match(r"deno (\d+)\.(\d+)\.\S+", _said(found, "--version")) if found else None
    if said is not None and (int(said[1]), int(said[2])) >= DENO_LEAST:
        return Finding(Mark.RIGHT, f"{said[0]} is here for YouTube")
    node = _said("node", "--version")
    major = re.match(r"v(\d+)", node)
    if major is not None and int(major[1]) >= NODE_LEAST:
        return Finding(Mark.RIGHT, f"Node {node.removeprefix('v')} is here for YouTube")
    return Finding(
        Mark.ADVICE,
        (f"Node {node.removeprefix('v')} is too old" if node else "No JavaScript program is here")
        + ": most of YouTube's videos need one: `.venv/bin/pip install deno`.",
    )


def ffmpeg() -> Finding:
    """Joins the parts of some videos; frames are read without it."""
    if shutil.which("ffmpeg"):
        return Finding(Mark.RIGHT, "ffmpeg is here")
    return Finding(Mark.RIGHT, "No ffmpeg, and none is needed: frames are read without it")


def browser(named: str) -> Finding:
    """A Chromium, in which each model's page is proved before it is sent."""
    if named.lower() == chromium.NONE:
        return Finding(Mark.RIGHT, "No browser is asked for: TensorFlow proves models")
    found = chromium.find(named)
    if found:
        return Finding(Mark.RIGHT, f"{found} proves each model's page before it is sent")
    if named:
        return Finding(Mark.WRONG, f"TAPTRAIN_CHROMIUM names {named}, which is no program here.")
    return Finding(
        Mark.ADVICE,
        "No Chromium here: TensorFlow proves models in its place. Install chromium, or name one "
        "in TAPTRAIN_CHROMIUM.",
    )


def telegram(settings: Settings) -> Finding:
    """Whether the Bot API server answers to the token, which is never printed."""
    address = f"{settings.api_url}/bot{settings.token.get_secret_value()}/getMe"
    try:
        answer = httpx.get(address, timeout=ANSWER_SECONDS)
        body = answer.json()
    except (httpx.HTTPError, ValueError):
        return Finding(
            Mark.WRONG,
            f"{settings.api_url} does not answer: check the network, or TAPTRAIN_API_URL.",
        )
    if isinstance(body, dict) and body.get("ok"):
        return Finding(Mark.RIGHT, f"The token is right: {settings.api_url} knows @{_name(body)}")
    return Finding(
        Mark.WRONG,
        f"TAPTRAIN_TOKEN is refused by {settings.api_url}: copy it again from @BotFather.",
    )


def _name(body: dict[str, dict[str, str]]) -> str:
    return body.get("result", {}).get("username", "the bot")


def _said(*command: str) -> str:
    """The first line that a program prints, or nothing where it is missing or broken."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().split("\n")[0]
