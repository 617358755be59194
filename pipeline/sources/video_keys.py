"""By what a video is known again, so that no project fetches one twice."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pipeline.jobs.spec_collect import CollectSpec

BY_ADDRESS = frozenset({"", "Generic"})
"""Extractors whose ids are only the last part of an address, equal on different hosts."""

HERE = (
    "{what} here already: send another one, or look at another part of it, "
    "such as 1:00-2:00, or more often with every=0.5s."
)


def of_video(info: Mapping[str, Any]) -> str | None:
    """The key of what yt-dlp tells about a video; None where that says too little.

    A site's own id, or the whole address (as a digest: it may hold keys) where there is none.
    """
    extractor = str(info.get("extractor_key") or info.get("ie_key") or "")
    number = " ".join(str(info.get("id") or "").split())
    if extractor not in BY_ADDRESS:
        return f"{extractor}:{number}" if number else None
    address = info.get("webpage_url") or info.get("url")
    return f"page:{_digest(str(address))}:{number}" if address and number else None


def of_link(url: str) -> str:
    """The key of a video behind a direct link."""
    return f"link:{_digest(url)}"


def file_name(key: str) -> str:
    """What the download of a video is called: the same in every attempt."""
    return f"video-{_digest(key)}"


def look(spec: CollectSpec) -> str:
    """How videos are looked at; the same video looked at otherwise brings other frames."""
    wanted = spec.videos
    stretch = f"{wanted.from_s:g}-{wanted.to_s or 0:g} " if wanted.from_s or wanted.to_s else ""
    every = "smart" if wanted.smart else f"{spec.every_s:g}s"
    return f"{stretch}every={every} max={spec.max_images}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]
