"""Data sets of Roboflow: by name or link, version by version, exported when they are asked for."""

import re
import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pipeline.archive import MAX_NAME, printable
from pipeline.errors import SourceError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import Choice, CollectSpec, InputFile
from pipeline.sources.base import Fetched, Offer, Room
from pipeline.sources.transfer import Transfer
from pipeline.sources.web import ask, download

HOSTS = ("universe.roboflow.com", "app.roboflow.com")
NAME = re.compile(
    r"(?P<workspace>[\w-]+)/(?P<project>[\w-]+)(?:/(?:(?:dataset|model)/)?(?P<version>\d+))?(?:/.*)?"
)
EXPORT = "/ds/"
"""Begins the path of a zip that somebody exported by hand: a file like any other."""

FORM = "yolov8"
PICTURES_ONLY = "folder"
"""The export of a project without boxes."""

MOST = 8
POLL_S = 3.0
PATIENCE_S = 1800.0
"""As long as an export may be in the making."""

NO_KEY = (
    "Roboflow gives data only to people with a key, a free account has one: send it to me in "
    "private, /settings roboflow=KEY, then add it again."
)
UNKNOWN = "Roboflow answers in a way I don't know: try again later."


class RoboflowSource:
    """`roboflow:workspace/project/version`, or the link of its page."""

    name = "roboflow"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return _name(spec.what) is not None

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched | Offer:
        """See Source."""
        match = NAME.fullmatch(_name(spec.what) or "")
        if match is None:
            raise SourceError(
                "That is no data set of Roboflow. Send it so: /add roboflow:workspace/project/1"
            )
        if not room.secrets.roboflow:
            raise SourceError(NO_KEY)
        workspace, project, version = match["workspace"], match["project"], match["version"]
        status, answer = _get(f"{workspace}/{project}", room)
        _check(status)
        about = _part(answer, "project")
        title = str(about.get("name") or project)
        if version is None:
            versions = _versions(answer)
            if len(versions) > 1:
                return _offer(f"{workspace}/{project}", title, versions)
            version = str(next(iter(versions)))
        plain = "classification" in str(about.get("type"))
        link = _exported(
            f"{workspace}/{project}/{version}/{PICTURES_ONLY if plain else FORM}", room
        )
        path = room.folder / "roboflow.zip"
        download(link, path, room, Transfer(room.folder, spec.max_bytes, room.reporter).at)
        facts = {
            "link": f"https://universe.roboflow.com/{workspace}/{project}/dataset/{version}",
            "title": title,
            "author": workspace,
            "license": about.get("license"),
            "version": version,
        }
        return Fetched(
            title=title,
            files=[InputFile(path=str(path), name=f"{project}.zip")],
            provenance={key: str(value)[:300] for key, value in facts.items() if value},
        )


def _name(what: str) -> str | None:
    """What a name or a link means; None when it is another site's, or an export's own link."""
    if what.lower().startswith("roboflow:"):
        return what[len("roboflow:") :].strip("/")
    parts = urlsplit(what)
    if (parts.hostname or "").lower() not in HOSTS or parts.path.startswith(EXPORT):
        return None
    return parts.path.strip("/")


def _get(path: str, room: Room) -> tuple[int, Any]:
    # The service takes its key in the address only: it is put together here and nowhere kept.
    key = urlencode({"api_key": room.secrets.roboflow})
    return ask(f"{room.sites['roboflow']}/{quote(path)}?{key}", room)


def _check(status: int) -> None:
    """Raise the sentence for an answer that is no success.

    Raises:
        SourceError: as said.
    """
    if status in (401, 403):
        raise SourceError(
            f"Roboflow does not let your key in there ({status}): copy the key again from "
            "app.roboflow.com and send it to me in private, /settings roboflow=KEY."
        )
    if status == 404:
        raise SourceError("Roboflow has nothing by that name (404): check it for typing errors.")
    if status == 429:
        raise SourceError("Roboflow asks me to slow down (429): try again in an hour.")
    if not 200 <= status < 300:
        raise SourceError(f"Roboflow has trouble of its own ({status}): try again later.")


def _part(answer: Any, name: str) -> dict[str, Any]:
    part = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(part, dict):
        raise SourceError(UNKNOWN)
    return part


def _versions(answer: dict[str, Any]) -> dict[int, str]:
    """What is said of each version, the newest first.

    Raises:
        SourceError: there is none.
    """
    found = {}
    listed = answer.get("versions")
    for version in listed if isinstance(listed, list) else []:
        number = str(version.get("id", "")).rsplit("/", 1)[-1] if isinstance(version, dict) else ""
        if number.isdecimal():
            name = printable(str(version.get("name") or ""), MAX_NAME)[:40]
            found[int(number)] = f"v{number} · {name} · {version.get('images', '?')} pictures"
    if not found:
        raise SourceError(
            "That project has no version yet: make one at app.roboflow.com under Versions, then "
            "add it again."
        )
    return dict(sorted(found.items(), reverse=True))


def _offer(name: str, title: str, versions: dict[int, str]) -> Offer:
    choices = [
        Choice(label=words, what=f"roboflow:{name}/{number}") for number, words in versions.items()
    ]
    return Offer(title, "Which version?", choices[:MOST])


def _exported(path: str, room: Room) -> str:
    """The address of an export, once it is made.

    Raises:
        SourceError: it cannot be had, or takes too long.
    """
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        status, answer = _get(path, room)
        _check(status)
        if status != 202:
            link = _part(answer, "export").get("link")
            if not isinstance(link, str):
                raise SourceError(UNKNOWN)
            return link
        share = answer.get("progress") if isinstance(answer, dict) else None
        done = round(share * 100) if isinstance(share, int | float) else 0
        room.reporter.progress(Progress(stage="export", done=done, total=100))
        time.sleep(POLL_S)
    raise SourceError("Roboflow is not done with that export yet: add it again in a while.")
