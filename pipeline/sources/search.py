"""Searches for videos, in yt-dlp's way of writing them: `ytsearch5:forklift`."""

import re
from dataclasses import dataclass

_FORM = re.compile(r"ytsearch(\d*):\s*(\S.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Search:
    """Words to look for on YouTube. `count`: how many were asked for in the words themselves."""

    words: str
    count: int | None

    @property
    def title(self) -> str:
        """What a person reads."""
        return f"YouTube: {self.words}"

    def for_ytdlp(self, most: int) -> str:
        """The form that yt-dlp takes for an address."""
        return f"ytsearch{most}:{self.words}"


def of(what: str) -> Search | None:
    """The search that `what` is, or None for a link."""
    found = _FORM.fullmatch(what.strip())
    if found is None:
        return None
    return Search(words=found[2].strip(), count=int(found[1]) if found[1] else None)
