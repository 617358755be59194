"""What `/add` and its like mean: words parsed, a source and its collect job queued."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from bot.messages import collect as words_for
from pipeline.errors import SourceError
from pipeline.jobs.spec_video import MOST_VIDEOS
from pipeline.labelling import mapping
from pipeline.sources import search
from storage import jobs, outbox, sources
from storage.models import Project

HOW = "Send it so: /add https://example.org/video.mp4 every=1s max=300"
NAMED = re.compile(r"(?:kaggle|roboflow|hf):\S+", re.IGNORECASE)
NAMES = {
    "kaggle": "kaggle:owner/name",
    "roboflow": "roboflow:workspace/project/1",
    "hf": "hf:owner/name",
}
SEARCH = "kaggle"
"""`/add kaggle potholes` looks for data sets there."""

LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MAX_IMAGES = 5000
MAX_LOCAL = 100_000
"""Of a folder of this machine: whoever runs the bot knows what there is room for."""
MAX_WORDS = 200
OPTIONS = ("every", "max", "trust", "map", "newest", "from", "to")
_TIME = r"(?:\d+:)?\d+:[0-5]\d"
STRETCH = re.compile(rf"({_TIME})[-–]({_TIME})")


@dataclass(frozen=True)
class Wanted:
    """An `/add`, understood. `what` is empty where files come along.

    `names`: what the source's class names mean. `newest`: so many of a list. `from_s`, `to_s`: the
    stretch of a video, in seconds. `smart`: the frames that tell the most.
    """

    what: str
    every_s: float | None
    max_images: int | None
    trust: str | None
    names: Mapping[str, str] = field(default_factory=dict)
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
            "map": dict(self.names) or None,
            "videos": {name: value for name, value in videos.items() if value is not None} or None,
        }
        return {name: value for name, value in pairs.items() if value is not None}


def parse(words: str) -> Wanted:
    """Understand `WHAT [every=1s] [max=300] [newest=5] [1:00-2:00] [trust=yes|sample|no]`.

    And what the source's class names mean: `[map=car:vehicle,dog:skip]`.


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
    if len(what) > 1 and what[0].lower() == SEARCH:
        what = [" ".join([SEARCH, *what[1:]])]
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
        names=_names(options["map"]) if "map" in options else {},
        newest=newest,
        from_s=from_s,
        to_s=to_s,
        smart=smart,
    )


def is_named(what: str) -> bool:
    """Whether it is the name of a data set, or a search for one, rather than a link."""
    return NAMED.fullmatch(what) is not None or what.startswith(f"{SEARCH} ")


def picked(what: str, limits: Mapping[str, Any], trust: str | None) -> Wanted:
    """What was chosen of an offer, to be collected as was said about the offer."""
    return Wanted(
        what=what,
        every_s=limits.get("every_s"),
        max_images=limits.get("max_images"),
        trust=trust,
        names=limits.get("map") or {},
        **limits.get("videos", {}),
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
    site = what.lower().partition(":")[0]
    if site in NAMES and ":" in what and "/" not in what:
        raise SourceError(f"“{what[:60]}” names no data set. Send it so: /add {NAMES[site]}")
    if "://" in what or is_named(what):
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


def _names(value: str) -> dict[str, str]:
    pairs = [pair.partition(":") for pair in value.split(",") if pair]
    if not pairs or not all(name and meant for name, _, meant in pairs):
        raise SourceError("map= wants names and classes, such as map=car:vehicle,person:skip.")
    return {name: meant for name, _, meant in pairs}


def job_key(key: str) -> str:
    """The idempotency key of the collect job that `key` asked for."""
    return f"collect:{key}"


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

    Raises:
        LabelError: the project has no class that `wanted.names` tells of.
    """
    assert project.id is not None
    mapping.check(project, wanted.names)
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
        idempotency_key=job_key(key),
        session=session,
    )
    outbox.put(
        f"source:{source.id}", chat_id, words_for.queued(project, source, job), session=session
    )
    assert source.id is not None
    return source.id
