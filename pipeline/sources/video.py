"""A video behind a page, by yt-dlp: whatever it can read."""

from pathlib import Path
from typing import Any

from pipeline.errors import SourceError, TaptrainError
from pipeline.jobs.spec import (
    CollectSpec,
    InputFile,
)
from pipeline.net import check_url, without_secrets
from pipeline.sources.base import Fetched, Room
from pipeline.sources.transfer import Transfer
from pipeline.sources.video_errors import sentence

KEPT_FACTS = ("extractor_key", "id", "uploader", "license", "upload_date")


class VideoSource:
    """Any link that is left."""

    name = "video"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return bool(spec.what)

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched:
        """See Source."""
        url = check_url(spec.what, room.policy)
        info = _download(url, spec, room)
        path = _file(info)
        if path is None:
            raise SourceError(_why_nothing(info))
        title = str(info.get("title") or path.stem)[:200]
        facts = {key: str(info[key])[:300] for key in KEPT_FACTS if info.get(key)}
        return Fetched(
            title=title,
            files=[InputFile(path=str(path), name=title)],
            provenance={"link": without_secrets(url), **facts},
        )


def _download(url: str, spec: CollectSpec, room: Room) -> dict[str, Any]:
    from pipeline.sources import ytdlp

    transfer = Transfer(room.folder, spec.max_bytes, room.reporter)

    def hook(state: dict[str, Any]) -> None:
        total = state.get("total_bytes") or state.get("total_bytes_estimate")
        transfer.at(int(state.get("downloaded_bytes") or 0), int(total) if total else None)

    words = ytdlp.Words()
    options = ytdlp.options(room.folder, hook, words, spec.max_bytes, room.policy.everything)
    try:
        with ytdlp.Downloader(options) as downloader:
            info = downloader.extract_info(url, download=True)
    except TaptrainError:
        raise
    except ytdlp.YoutubeDLError as error:
        room.guard.raise_refusal()
        why = sentence(error, url, ytdlp.version_and_age(), words.heard)
        raise SourceError(why) from error
    except Exception as error:
        # An extractor that meets a page it was not written for may raise anything at all.
        room.guard.raise_refusal()
        raise SourceError(f"I could not read that page; {ytdlp.version_and_age()}.") from error
    while info and info.get("entries") is not None:
        info = next((entry for entry in info["entries"] if entry), None)
    return dict(info or {})


def _file(info: dict[str, Any]) -> Path | None:
    # A download that was skipped ends without an error: only the file tells.
    for entry in info.get("requested_downloads") or []:
        path = Path(str(entry.get("filepath") or ""))
        if path.is_file() and path.stat().st_size > 0:
            return path
    return None


def _why_nothing(info: dict[str, Any]) -> str:
    if not info:
        return "I found no video behind that link: open it in a browser and copy its own address."
    return "That video could not be downloaded; it may be too large: send a shorter one."
