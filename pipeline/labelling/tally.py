"""How much is open in a project, counted anew only as often as that is cheap.

Counting looks at every open box, and a class that labels wants it with each sheet: beyond some
thousand boxes people would wait for it. So a count that took long stands for a while; one that took
no time is made anew each time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session

from storage import questions
from storage.questions import Scope

TILES = 9
"""Questions on a sheet."""

CHEAP_S = 0.1
SHARE = 0.02
"""Of all time, at most as much is spent on counting a project's questions."""


@dataclass(frozen=True)
class Tally:
    """Open boxes by class, and how many sheets all other questions fill."""

    boxes: Mapping[str, int] = field(default_factory=dict)
    others: int = 0

    @property
    def sheets(self) -> int:
        """How many sheets everything open fills."""
        return sum(-(-count // TILES) for count in self.boxes.values()) + self.others


@dataclass(frozen=True)
class _Kept:
    tally: Tally
    until: float


_kept: dict[tuple[str, Scope], _Kept] = {}


def of(scope: Scope, *, fresh: bool = False, session: Session) -> Tally:
    """What is open; `fresh`: as it is at this moment, however long that takes."""
    key = (str(session.get_bind().engine.url), scope)
    kept = _kept.get(key)
    if kept is not None and not fresh and time.monotonic() < kept.until:
        return kept.tally
    # The thread's own time: on a busy machine the clock would call anything expensive. A database
    # that is a server works elsewhere.
    clock = time.thread_time if session.get_bind().dialect.name == "sqlite" else time.monotonic
    began = clock()
    tally = _count(scope, session)
    cost = clock() - began
    _kept.pop(key, None)
    if cost > CHEAP_S:
        _forget_old()
        _kept[key] = _Kept(tally, time.monotonic() + cost / SHARE)
    return tally


def _count(scope: Scope, session: Session) -> Tally:
    confirmations = questions.confirmations(scope, session=session)
    return Tally(
        questions.open_by_class(scope, session=session),
        questions.fixes(scope, session=session) + -(-confirmations // TILES),
    )


def _forget_old() -> None:
    now = time.monotonic()
    for key, kept in list(_kept.items()):
        if kept.until <= now:
            _kept.pop(key, None)
