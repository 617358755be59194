"""Links straight to a file: a film, a photo or a zip."""

import re
import time
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import httpx

from pipeline.archive import FILMS, IMAGES
from pipeline.errors import AllHere, SourceBroke, SourceError
from pipeline.jobs.spec_collect import CollectSpec, InputFile
from pipeline.jobs.spec_video import VideosResult
from pipeline.net import without_secrets
from pipeline.sources import search, video_keys
from pipeline.sources.base import Fetched, Room
from pipeline.sources.kinds import HEAD_BYTES, kind_of, kind_of_file
from pipeline.sources.resuming import Resuming
from pipeline.sources.transfer import Transfer
from pipeline.sources.web import opened

HEAD_S = 30.0
"""How long to wait for the first bytes of a server that sends one by one."""

HERE = video_keys.HERE.format(what="That video is")
DIRECT = ("image", "video", "zip")


class LinkSource:
    """A file by its address."""

    name = "link"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """Ask for the first bytes; a film, a photo or a zip is ours, all else is a page.

        Raises:
            SourceError: the link is refused, or nobody answers.
        """
        if not spec.what or search.of(spec.what):
            return False
        # No Range header: servers exist that answer it with an error, and closing early is cheap.
        with opened(spec.what, room) as response:
            if not response.is_success:
                return False
            kind = kind_of(_head(response))
            claimed = _claimed(response)
        if kind == "archive":
            raise SourceError("I can only open zip archives: pack it as a .zip and send that.")
        if kind == "page" and claimed == "zip":
            raise SourceError(
                "That link leads to a page, not to the zip itself: "
                "copy the address of its download button."
            )
        # Broken files of our kinds are ours as well: what is wrong with them is told then.
        return kind in DIRECT or (kind == "other" and claimed in DIRECT)

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source."""
        key = video_keys.of_link(spec.what)
        if key in spec.videos.have:
            raise AllHere(HERE)
        saving = Resuming(room.downloads / "fetched", spec.what)
        headers = saving.headers()
        with opened(spec.what, room, headers=headers) as response:
            if response.is_success or (headers and saving.is_whole(response)):
                return _fetched(response, saving, spec, room, key)
            # Servers exist that answer a wish for a part with an error.
            if not headers:
                raise _refusal(response)
        with opened(spec.what, room) as response:
            if response.is_success:
                return _fetched(response, saving, spec, room, key)
            raise _refusal(response)


def _fetched(
    response: httpx.Response, saving: Resuming, spec: CollectSpec, room: Room, key: str
) -> Fetched:
    name = _name(response)
    if response.is_success:
        saving.save(response, Transfer(saving.path.parent, spec.max_bytes, room.reporter).at)
    provenance = {
        "link": without_secrets(spec.what),
        "address": without_secrets(str(response.url)),
    }
    # A set of labels may have grown since; a video is the same.
    keys = [key] if kind_of_file(saving.path) == "video" else []
    return Fetched(
        title=name,
        files=[InputFile(path=str(saving.path), name=name)],
        provenance=provenance,
        videos=VideosResult(keys=keys, look=video_keys.look(spec)),
    )


def _refusal(response: httpx.Response) -> SourceError:
    kind = SourceBroke if response.is_server_error else SourceError
    return kind(f"The server answered {response.status_code}: try again later.")


def _head(response: httpx.Response) -> bytes:
    head, began = b"", time.monotonic()
    for chunk in response.iter_bytes():
        head += chunk
        if len(head) >= HEAD_BYTES or time.monotonic() - began > HEAD_S:
            break
    return head


def _claimed(response: httpx.Response) -> str:
    """What the server or the name says it is: image, video, zip or something else."""
    suffix = PurePosixPath(_name(response)).suffix.lower()
    said = response.headers.get("content-type", "").lower()
    if suffix == ".zip" or "zip" in said:
        return "zip"
    if suffix in IMAGES:
        return "image"
    return "video" if suffix in FILMS else said.split("/")[0]


def _name(response: httpx.Response) -> str:
    offered = re.search(
        r'filename\*?=(?:UTF-8\'\')?"?([^";]+)', response.headers.get("content-disposition", "")
    )
    raw = unquote(offered[1]) if offered else unquote(urlsplit(str(response.url)).path)
    return raw.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].strip()[:200] or "file"
