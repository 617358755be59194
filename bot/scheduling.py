"""What the words after `/schedule` mean, and what is shown of a project's schedule."""

import re
from datetime import time

from sqlmodel import Session

from bot.handlers.train import parse as parse_training
from bot.messages import schedule as words
from bot.wishes import Wish
from pipeline.errors import SpecError
from pipeline.kinds import refresh, schedules, train
from pipeline.kinds.schedules import Terms
from storage import schedules as rows
from storage import settings, sources
from storage.models import Project

MOST_LABELS, LEAST_LABELS = 100_000, 10
CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})?")
FILLERS = frozenset({"has", "have", "gets", "is", "new", "news", "videos", "video", "pictures"})
FILLERS |= {"films", "something", "any", "the"}


class NotUnderstood(SpecError):
    """What a schedule should be was not said; `user_message` says how."""

    def __init__(self, why: str = "I don't understand when.") -> None:
        super().__init__(f"{why} {words.HOW}")


def parse(said: list[str]) -> Terms:
    """`nightly 02:00 …`, `every 100 labels …`, `when source 3 has new videos …`.

    What comes after is as after `/train`, and `missed=skip` beside a night.

    Raises:
        SpecError: a word or a number makes no sense.
    """
    # Some write `missed = skip`.
    said = re.sub(r"\s*=\s*", "=", " ".join(said).lower()).split()
    missed, rest = _missed(said)
    first = rest[0] if rest else ""
    if first in ("nightly", "daily", "night"):
        return _nightly(rest[1:], missed or schedules.ONCE)
    if first == "every" and rest[1:2] and rest[1].rstrip("s") in ("night", "day"):
        return _nightly(rest[2:], missed or schedules.ONCE)
    if missed is not None:
        raise NotUnderstood("missed= goes with nightly alone.")
    if first == "every":
        return _every(rest[1:])
    if first in ("when", "source"):
        return _source([word for word in rest if word not in ("when", "source")])
    raise NotUnderstood


def _missed(said: list[str]) -> tuple[str | None, list[str]]:
    found, rest = None, []
    for word in said:
        name, sign, value = word.partition("=")
        if name == "missed" and sign:
            if value not in (schedules.ONCE, schedules.SKIP):
                raise NotUnderstood("missed= wants once or skip.")
            found = value
        else:
            rest.append(word)
    return found, rest


def _nightly(said: list[str], missed: str) -> Terms:
    said = [word for word in said if word != "at"]
    hour = time.fromisoformat(words.HOUR)
    if said and said[0][:1].isdecimal():
        hour = hour_of(said[0])
        said = said[1:]
    return Terms(rows.NIGHTLY, _choice(said), hour=hour, missed=missed)


def hour_of(said: str) -> time:
    """`2`, `02:00`, `2.30`: a time of the day.

    Raises:
        SpecError: it is none.
    """
    found = CLOCK.fullmatch(said)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise NotUnderstood(f"“{said[:20]}” is no time of the day.")
    return time(int(found[1]), int(found[2] or 0))


def _every(said: list[str]) -> Terms:
    number = said[0].replace(",", "") if said else ""
    if not number.isdecimal() or not LEAST_LABELS <= int(number[:9]) <= MOST_LABELS:
        raise NotUnderstood(f"How many labels? From {LEAST_LABELS} to {MOST_LABELS:,}.")
    rest = said[1:]
    if rest[:1] and rest[0].rstrip("s") in ("label", "boxe", "answer"):
        rest = rest[1:]
    return Terms(rows.LABELS, _choice(rest), every=int(number))


def _source(said: list[str]) -> Terms:
    number = said[0].removeprefix("#").rstrip(".") if said else ""
    if not number.isdecimal() or len(number) > 9:
        raise NotUnderstood("Which source? /sources shows their numbers.")
    rest = [word for word in said[1:] if word not in FILLERS]
    return Terms(rows.SOURCE, _choice(rest), source_id=int(number))


def _choice(said: list[str]) -> train.Choice:
    return parse_training(said) or train.choose("quick")


def menu(project: Project, *, may_change_zone: bool, session: Session) -> Wish:
    """What `/schedule` shows."""
    assert project.id is not None
    own = sources.of_project(project.id, session=session)
    by_id = {source.id: source for source in own}
    shown = [
        words.Row(
            schedule,
            labels=schedules.progress(schedule, session=session),
            source=by_id.get(schedule.request.get("source_id")),
        )
        for schedule in rows.of_project(project.id, session=session)
    ]
    return words.menu(
        project,
        shown,
        [source for source in own if refresh.possible(source)],
        zone=settings.of(project).zone,
        may_change_zone=may_change_zone,
    )
