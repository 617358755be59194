"""What `/add` and its like mean: words parsed, a source and its collect job queued."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from bot.messages import collect as words_for
from pipeline.errors import SourceError
from pipeline.labelling import mapping
from storage import jobs, outbox, sources
from storage.models import Project

HOW = "Send it so: /add https://example.org/video.mp4 every=1s max=300"
LATER = ("ytsearch",)
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


@dataclass(frozen=True)
class Wanted:
    """An `/add`, understood. `what` is empty where files come along.

    `names`: what the source's class names mean.
    """

    what: str
    every_s: float | None
    max_images: int | None
    trust: str | None
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def limits(self) -> dict[str, Any]:
        """The part that a collect job's request holds."""
        names = dict(self.names) or None
        pairs = (("every_s", self.every_s), ("max_images", self.max_images), ("map", names))
        return {name: value for name, value in pairs if value is not None}


def parse(words: str) -> Wanted:
    """Understand `WHAT [every=1s] [max=300] [trust=yes|sample|no] [map=car:vehicle,dog:skip]`.

    Raises:
        SourceError: a number or an option makes no sense.
    """
    what: list[str] = []
    options: dict[str, str] = {}
    for word in words.split():
        name, sign, value = word.partition("=")
        if sign and name.lower() in ("every", "max", "trust", "map"):
            options[name.lower()] = value.lower()
        else:
            what.append(word)
    if len(what) > 1 and what[0].lower() == SEARCH:
        what = [" ".join([SEARCH, *what[1:]])]
    if len(what) > 1:
        raise SourceError(f"One thing at a time, please. {HOW}")
    return Wanted(
        what=_address(what[0]) if what else "",
        every_s=_seconds(options["every"]) if "every" in options else None,
        max_images=_count(options["max"]) if "max" in options else None,
        trust=_trust(options["trust"]) if "trust" in options else None,
        names=_names(options["map"]) if "map" in options else {},
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
    )


def options_in(words: str) -> str:
    """Only the options of a caption: people write all sorts of things under a photo."""
    return " ".join(re.findall(r"\b(?:every|max|trust|map)=\S+", words, re.IGNORECASE))


def _address(what: str) -> str:
    if what.lower().startswith(LATER):
        raise SourceError(
            "I can't fetch from there by name yet: send a link to the file or the zip itself."
        )
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
        raise SourceError("every= wants a time such as every=1s or every=0.5s.")
    return seconds


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
