"""What the words after `/settings` mean: `votes=3 votes.WBC=5 train=admins`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from pipeline.errors import UserError
from storage.members import GIVEN
from storage.settings import ADMINS, EVERYONE, MAX_VOTES

PAIR = re.compile(r"\s*([^=]+?)\s*=\s*(\S+)")
WHO = ("train", "delete", "invite")
OWN = "votes."
NAMES = "votes, votes.CLASS, autotrain, train, delete, invite, zone and role"
HOW = "Send it so: /settings votes=3"
ON_OFF = {"on": True, "yes": True, "off": False, "no": False}


@dataclass(frozen=True)
class Wanted:
    """What somebody wants changed.

    `values`: fields of ProjectSettings. `votes_by_class`: class -> votes, None to follow the others
    again. `role`: what the member who is replied to, or named `who`, shall be.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    votes_by_class: Mapping[str, int | None] = field(default_factory=dict)
    role: str | None = None
    who: str | None = None


def parse(said: str, classes: Sequence[str]) -> Wanted:
    """Understand what came after `/settings`.

    Raises:
        UserError: a name or a value makes no sense; one sentence lists what does.
    """
    if said.split()[:1] == ["role"]:
        return _role(said.split()[1:])
    values: dict[str, object] = {}
    own: dict[str, int | None] = {}
    role, rest = None, said
    while rest.strip():
        pair = PAIR.match(rest)
        if pair is None:
            raise UserError(f"I don't understand “{rest.strip()[:40]}”. I know {NAMES}. {HOW}")
        name, value, rest = pair[1], pair[2].casefold(), rest[pair.end() :]
        if name.casefold().startswith(OWN):
            own[_class(name[len(OWN) :], classes)] = _votes_or_default(value)
        elif name.casefold() == "role":
            role = _given(value)
        else:
            values |= _value(name.casefold(), value)
    return Wanted(values, own, role)


def _value(name: str, value: str) -> dict[str, object]:
    if name == "votes":
        return {"votes": _votes(value)}
    if name == "autotrain":
        if value not in ON_OFF:
            raise UserError("autotrain wants on or off. Send it so: /settings autotrain=off")
        return {"autotrain": ON_OFF[value]}
    if name in WHO:
        if value not in (EVERYONE, ADMINS):
            raise UserError(
                f"{name} wants {EVERYONE} or {ADMINS}. Send it so: /settings {name}={ADMINS}"
            )
        return {name: value}
    if name == "zone":
        return {"zone": zone_named(value, "/settings zone=Europe/Berlin")}
    raise UserError(f"There is no setting “{name[:40]}”. I know {NAMES}. {HOW}")


def zone_named(value: str, example: str) -> str:
    """The time zone of that name, in any case.

    Raises:
        UserError: there is none; `example` shows how to send it.
    """
    for known in available_timezones():
        if known.casefold() == value.casefold():
            return known
    raise UserError(f"I don't know that place. Send it so: {example}")


def _votes(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value[:4]) <= MAX_VOTES:
        raise UserError(f"votes wants a whole number from 1 to {MAX_VOTES}. {HOW}")
    return int(value)


def _votes_or_default(value: str) -> int | None:
    return None if value in ("default", "-") else _votes(value)


def _class(name: str, classes: Sequence[str]) -> str:
    for known in classes:
        if known.casefold() == name.strip().casefold():
            return known
    raise UserError(f"There is no class “{name.strip()[:40]}” here. /classes lists them.")


def _role(words: Sequence[str]) -> Wanted:
    """`role @name viewer`, in either order; without a name it means whom one replies to."""
    roles = [word for word in words if word.casefold() in GIVEN]
    names = [word for word in words if word.casefold() not in GIVEN]
    if len(roles) != 1:
        raise UserError(
            f"As what? A member can be {', '.join(GIVEN)}. Send it so: /settings role @name viewer"
        )
    return Wanted(role=roles[0].casefold(), who=" ".join(names) or None)


def _given(value: str) -> str:
    if value not in GIVEN:
        raise UserError(
            f"role wants {', '.join(GIVEN)}. Send it so, as a reply: /settings role=viewer"
        )
    return value
