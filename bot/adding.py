"""What `/add` and its like mean: words parsed, a source and its collect job queued."""

import re
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from bot.messages import collect as words_for
from pipeline.errors import SourceError
from pipeline.jobs.spec_video import MOST_VIDEOS
from pipeline.sources import search
from storage import jobs, outbox, sources
from storage.models import Project

HOW = "Send it so: /add https://example.org/video.mp4 every=1s max=300"
LATER = ("kaggle:", "roboflow:", "hf:")
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MAX_IMAGES = 5000
MAX_WORDS = 200
OPTIONS = ("every", "max", "trust", "newest", "from", "to")
_TIME = r"(?:\d+:)?\d+:[0-5]\d"
STRETCH = re.compile(rf"({_TIME})[-–]({_TIME})")


@dataclass(frozen=True)
class Wanted:
    """An `/add`, understood. `what` is empty where files come along.

    `newest`: so many of a list. `from_s`, `to_s`: the stretch of a video, in seconds. `smart`: the
    frames that tell the most.
    """

    what: str
    every_s: float | None
    max_images: int | None
    trust: str | None
    newest: int | None = None
    from_s: float | None = None
    to_s: float | None = None
    smart: bool = False

    @property
    def limits(self) -> dict[str, Any]:
        """The part that a collect job's request holds."""
        videos = {
            "newest": self.newest,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "smart": self.smart or None,
        }
        pairs = {
            "every_s": self.every_s,
            "max_images": self.max_images,
            "videos": {name: value for name, value in videos.items() if value is not None} or None,
        }
        return {name: value for name, value in pairs.items() if value is not None}


def parse(words: str) -> Wanted:
    """Understand `WHAT [every=1s] [max=300] [newest=5] [1:00-2:00] [trust=yes|sample|no]`.

    Raises:
        SourceError: a number or an option makes no sense.
    """
    what: list[str] = []
    options: dict[str, str] = {}
    for word in words.split():
        name, sign, value = word.partition("=")
        stretch = STRETCH.fullmatch(word)
        if sign and name.lower() in OPTIONS:
            options[name.lower()] = value.lower()
        elif stretch and what:
            options |= {"from": stretch[1], "to": stretch[2]}
        else:
            what.append(word)
    looked_for = _search(" ".join(what))
    if len(what) > 1 and looked_for is None:
        raise SourceError(f"One thing at a time, please. {HOW}")
    smart = options.get("every") == "smart"
    from_s = _moment(options["from"]) if "from" in options else None
    to_s = _moment(options["to"]) if "to" in options else None
    if to_s is not None and to_s <= (from_s or 0):
        raise SourceError("The second time has to be after the first, such as 1:00-2:30.")
    newest = _newest(options["newest"]) if "newest" in options else None
    if looked_for is not None and newest is None and looked_for.count is not None:
        newest = _newest(str(looked_for.count))
    return Wanted(
        what=f"ytsearch:{looked_for.words}" if looked_for else _address(what[0]) if what else "",
        every_s=_seconds(options["every"]) if "every" in options and not smart else None,
        max_images=_count(options["max"]) if "max" in options else None,
        trust=_trust(options["trust"]) if "trust" in options else None,
        newest=newest,
        from_s=from_s,
        to_s=to_s,
        smart=smart,
    )


def options_in(words: str, *, times: bool = False) -> str:
    """Only the options of a caption: people write all sorts of things under a photo.

    `times`: a bare `1:00-2:00` is an option as well, as beside a link.
    """
    names = "|".join(OPTIONS)
    found = re.findall(rf"\b(?:{names})=\S+", words, re.IGNORECASE)
    bare = re.search(rf"(?<!\S){STRETCH.pattern}(?!\S)", words) if times else None
    return " ".join([*found, *([bare[0]] if bare else [])])


def _search(said: str) -> search.Search | None:
    words = re.fullmatch(r"youtube\s+(\S.*)", said, re.IGNORECASE)
    found = search.of(f"ytsearch:{words[1]}" if words else said)
    if found is not None and len(found.words) > MAX_WORDS:
        raise SourceError("That is a lot to look for: a few words find more.")
    return found


def _address(what: str) -> str:
    if what.lower().startswith(LATER):
        raise SourceError(
            "I can't fetch from there by name yet: send a link to the file or the zip itself."
        )
    if "://" in what:
        return what
    if re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", what):
        return f"https://{what}"
    raise SourceError(f"“{what[:60]}” is no link. {HOW}")


def _seconds(value: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min)?", value)
    seconds = 0.0
    if match:
        seconds = float(match[1]) * {"ms": 0.001, "m": 60, "min": 60}.get(match[2] or "s", 1)
    if not 0.01 <= seconds <= 86_400:
        raise SourceError("every= wants a time such as every=1s or every=0.5s, or every=smart.")
    return seconds


def _moment(value: str) -> float:
    if not re.fullmatch(rf"{_TIME}|\d{{1,6}}", value):
        raise SourceError("A time in a video looks like 1:30, or 1:02:03 where it has hours.")
    seconds = 0
    for part in value.split(":"):
        seconds = seconds * 60 + int(part[:7])
    return float(seconds)


def _newest(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value[:9]) <= MOST_VIDEOS:
        raise SourceError(f"newest= wants a number from 1 to {MOST_VIDEOS}, such as newest=5.")
    return int(value)


def _count(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MAX_IMAGES:
        raise SourceError(f"max= wants a number from 1 to {MAX_IMAGES}, such as max=300.")
    return int(value)


def _trust(value: str) -> str:
    if value not in ("yes", "sample", "no"):
        raise SourceError("trust= is one of yes, sample or no.")
    return value


def queue_source(
    project: Project,
    *,
    kind: str,
    what: str,
    title: str,
    wanted: Wanted,
    chat_id: int,
    member_id: int,
    key: str,
    session: Session,
) -> int:
    """Queue the collecting of a source and show its card; returns the source's id.

    Args:
        key: names what asked for it, so that it is queued once.
    """
    assert project.id is not None
    source = sources.create(
        project_id=project.id,
        kind=kind,
        what=what,
        title=title,
        created_by=member_id,
        trust=wanted.trust,
        session=session,
    )
    job = jobs.create(
        kind="collect",
        project_id=project.id,
        chat_id=chat_id,
        member_id=member_id,
        request={"source_id": source.id, **wanted.limits},
        idempotency_key=f"collect:{key}",
        session=session,
    )
    outbox.put(
        f"source:{source.id}", chat_id, words_for.queued(project, source, job), session=session
    )
    assert source.id is not None
    return source.id
