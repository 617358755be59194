"""Settings: one menu, and what was changed."""

import zlib
from collections.abc import Sequence

from bot.messages.common import at, count, head, some
from bot.wishes import Button, Keyboard, Wish, button, esc, rows, text
from storage.models import Project
from storage.settings import ADMINS, EVERYONE, ProjectSettings

CHOICES = (1, 3, 5)
PAGE = 12
WHO = {"train": "🏋 Train", "delete": "🗑 Take out", "invite": "📨 Invite"}
ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Ho_Chi_Minh",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
"""The same clocks as most people have; every place of the world is known by name."""
OTHER = {EVERYONE: ADMINS, ADMINS: EVERYONE}
ROLES = {
    "admin": "an admin: settings, roles and undoing are theirs as well",
    "labeller": "a labeller: adding, drawing and checking",
    "viewer": "a viewer: looking, not changing",
}


def menu(
    project: Project,
    chosen: ProjectSettings,
    *,
    may_change: bool,
    people: int | None = None,
    keys: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Wish:
    """All settings; whoever may change them gets buttons.

    Args:
        people: how many can vote, where that is known.
        keys: lines that say which keys the reader gave.
        notes: what else is to be said.
    """
    private = project.chat_id > 0
    lines = [f"{head(project)}settings", f"🗳 {_votes(project, chosen)}"]
    lines.append(f"🤖 trains by itself when there is enough new: {_on(chosen.autotrain)}")
    lines.append(f"🌙 nights by the clock of: {esc(chosen.zone)}")
    if not private:
        lines.append(f"🏋 may train: {chosen.train}")
        lines.append(f"🗑 may take sources and classes out: {chosen.delete}")
        lines.append(f"📨 may come in by the group's link: {_who_comes(chosen)}")
    if people is not None and people < chosen.votes:
        here = "alone" if people == 1 else f"{people} people"
        lines.append(f"ℹ️ You are {here} here: a tile waits for {chosen.votes} to answer.")
    lines += keys
    lines += [f"ℹ️ {esc(note)}" for note in notes]
    if not may_change:
        lines.append("Admins change these.")
    keyboard = _keyboard(project, chosen, private=private) if may_change else []
    return text("\n".join(lines), keyboard)


def _votes(project: Project, chosen: ProjectSettings) -> str:
    """`3 votes a tile; WBC 5`."""
    numbers = chosen.votes_by_class
    own = [f"{esc(name)} {numbers[name]}" for name in project.classes if name in numbers]
    return f"{count(chosen.votes, 'vote')} a tile" + (f"; {some(own)}" if own else "")


def _on(value: bool) -> str:
    return "on" if value else "off"


def _who_comes(chosen: ProjectSettings) -> str:
    return "whom an admin lets in" if chosen.invite == ADMINS else EVERYONE


def _keyboard(project: Project, chosen: ProjectSettings, *, private: bool) -> Keyboard:
    auto = button(
        f"🤖 By itself: {_on(chosen.autotrain)}",
        at(project, "set"),
        "autotrain",
        _on(not chosen.autotrain),
    )
    clock = button(f"🕰 Clock: {chosen.zone}", at(project, "set"), "zones")
    if private:
        return [[auto], [clock]]
    votes = [
        button(
            f"{'● ' if chosen.votes == number else ''}{count(number, 'vote')}",
            at(project, "set"),
            "votes",
            number,
        )
        for number in CHOICES
    ]
    by_class = [button("🏷 Votes by class", at(project, "set"), "classes", 0)]
    who = [
        button(
            f"{words}: {getattr(chosen, name)}",
            at(project, "set"),
            name,
            OTHER[getattr(chosen, name)],
        )
        for name, words in WHO.items()
    ]
    return [
        votes,
        *([by_class] if len(project.classes) > 1 else []),
        [auto, who[0]],
        who[1:],
        [clock],
        [button("👥 Team", at(project, "team"))],
    ]


def zones(project: Project, chosen: ProjectSettings) -> Wish:
    """Clocks to choose from; any other goes by words."""
    buttons = [
        button(
            f"{'● ' if chosen.zone == zone else ''}{zone.rpartition('/')[2].replace('_', ' ')}",
            at(project, "set"),
            "zone",
            zone,
        )
        for zone in ZONES
    ]
    return text(
        f"{head(project)}whose clock? Nights and hours go by it; now it is {esc(chosen.zone)}. "
        "Another place: <code>/settings zone=Africa/Kampala</code>",
        [*rows(buttons, 3), [button("‹ Settings", at(project, "set"), "menu")]],
    )


def by_class(project: Project, chosen: ProjectSettings, page: int) -> Wish:
    """How many votes each class needs; a tap gives the next number."""
    pages = max(1, -(-len(project.classes) // PAGE))
    page = min(max(page, 0), pages - 1)
    shown = list(enumerate(project.classes))[page * PAGE : (page + 1) * PAGE]
    buttons = [
        button(
            f"{name[:20]}: {chosen.votes_by_class.get(name, f'as all ({chosen.votes})')}",
            at(project, "set"),
            "class",
            index,
            fingerprint(name),
            page,
        )
        for index, name in shown
    ]
    ways: list[Button] = [button("‹ Settings", at(project, "set"), "menu")]
    if page:
        ways.append(button("‹ Before", at(project, "set"), "classes", page - 1))
    if page + 1 < pages:
        ways.append(button("More ›", at(project, "set"), "classes", page + 1))
    return text(
        f"{head(project)}votes a tile, by class: tap one to change it.", [*rows(buttons, 2), ways]
    )


def fingerprint(name: str) -> str:
    """Four hex digits of a class: a button made before the classes changed is found out."""
    return f"{zlib.crc32(name.encode()) & 0xFFFF:04x}"


def following(number: int | None) -> int | None:
    """What the next tap on a class chooses: 1, 3, 5, then as all."""
    if number is None:
        return CHOICES[0]
    return next((choice for choice in CHOICES if choice > number), None)


def role_given(project: Project, name: str, role: str, member_id: int, before: str | None) -> Wish:
    """A member is something else now."""
    return text(
        f"{head(project)}{esc(name)} is {ROLES[role]}.",
        [[button("↩ Undo", at(project, "set"), "role", member_id, before or "-")]],
    )


def role_undone(project: Project, name: str) -> Wish:
    """A role was taken back."""
    return text(f"{head(project)}{esc(name)} is what they were before.")


COUNTING = "I'm counting the votes anew; that goes on for a moment."
