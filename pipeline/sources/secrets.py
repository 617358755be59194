"""What people gave so that a source lets them in: never logged, on its way for one moment.

A worker gets them in a file of its attempt's folder that nobody else may read, and removes it
before anything else; a further attempt gets a file of its own.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

FILE = "secrets.json"


@dataclass(frozen=True)
class Secrets:
    """Keys by what asks for them; empty where nobody gave one.

    `kaggle`: an API token, or `user:key`. `roboflow`, `huggingface`: API keys. `cookies`: those of
    a browser in Netscape's form, for yt-dlp.
    """

    kaggle: str = field(default="", repr=False)
    roboflow: str = field(default="", repr=False)
    huggingface: str = field(default="", repr=False)
    cookies: str = field(default="", repr=False)


def hand_over(keys: Mapping[str, str], folder: Path) -> None:
    """Leave keys in an attempt's folder for its worker; nothing where there are none."""
    if not keys:
        return
    file = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w") as handle:
        json.dump(dict(keys), handle)


def take(folder: Path) -> Secrets:
    """The keys that were left in an attempt's folder; they are gone from it afterwards."""
    try:
        file = (folder / FILE).open()
    except FileNotFoundError:
        return Secrets()
    with file:
        # First: a worker that is killed from here on leaves nothing behind.
        (folder / FILE).unlink()
        given = json.load(file)
    known = {entry.name for entry in fields(Secrets)}
    return Secrets(**{name: str(value) for name, value in given.items() if name in known})


def sweep(job_folder: Path) -> None:
    """Remove what workers of a job never took, in all of its attempts' folders."""
    for left in job_folder.glob(f"*/{FILE}"):
        left.unlink(missing_ok=True)
