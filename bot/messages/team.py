"""The team: who did what, kindly."""

from bot.messages.common import at, count, head
from bot.wishes import Button, Keyboard, Wish, button, esc, link, rows, text
from storage.members import GIVEN, LABELLER
from storage.models import Project
from storage.team import Share

MOST = 40
LONGEST = 24
"""Letters of a name."""
ENOUGH = 20
"""Answers that could be compared before anything is said about how somebody answers."""
CARE = ((0.95, "careful eye"), (0.85, "steady hand"), (0.0, "quick thumb"))


def team(project: Project, shares: list[Share], streak: int, *, username: str) -> Wish:
    """Who did what, for everybody to read.

    Args:
        username: the bot's, for the group's link to what admins alone see; empty for none.
    """
    lines = _shares(project, shares)
    together = sum(share.tiles + share.pictures for share in shares)
    if together and len(shares) > 1:
        days = f", {streak} days in a row" if streak > 1 else ""
        lines.append(f"Together {count(together, 'answer')}{days}.")
    keyboard: Keyboard = []
    if username:
        keyboard = [[link("🔧 For admins", f"https://t.me/{username}?start=t{project.id}")]]
    return text("\n".join(lines), keyboard)


def for_admins(project: Project, shares: list[Share]) -> Wish:
    """The team with what only admins see, and a button a member."""
    lines = [_head(project, shares)]
    lines += [f"{_did(share)}\n    {_known(share)}" for share in shares[:MOST]]
    people: list[Button] = [
        button(f"{share.name[:LONGEST]} ▸", at(project, "team"), "m", share.member_id)
        for share in shares[:MOST]
    ]
    return text("\n".join(lines), rows(people, 2))


def _head(project: Project, shares: list[Share]) -> str:
    if not shares:
        return f"{head(project)}nobody has done anything yet."
    return f"{head(project)}the team"


def _shares(project: Project, shares: list[Share]) -> list[str]:
    lines = [_head(project, shares)]
    for share in shares[:MOST]:
        care = _care(share)
        lines.append(_did(share) + (f" · {care}" if care else ""))
    if len(shares) > MOST:
        lines.append(f"… and {len(shares) - MOST:,} more")
    return lines


def _did(share: Share) -> str:
    """`Ann – 412 answers, 36 boxes drawn`."""
    done = [
        words
        for number, words in (
            (share.tiles, count(share.tiles, "answer")),
            (share.drawn, f"{count(share.drawn, 'box', 'boxes')} drawn"),
            (share.pictures, f"{count(share.pictures, 'picture')} looked over"),
            (share.sources, f"{count(share.sources, 'source')} added"),
            (share.models, f"{count(share.models, 'model')} trained"),
        )
        if number
    ]
    return f"{esc(share.name[:LONGEST])} – {', '.join(done) or 'here to look'}"


def _care(share: Share) -> str:
    if share.agreement is None or share.seen < ENOUGH:
        return ""
    agreement = share.agreement
    return next(words for bar, words in CARE if agreement >= bar)


def _known(share: Share) -> str:
    """What admins see of how somebody answers."""
    parts = [share.role] if share.role else []
    if share.planted:
        parts.append(f"caught {share.caught} of {share.planted} test tiles")
    if share.agreement is not None:
        parts.append(f"agrees {share.agreement:.0%}")
    if not share.counts:
        parts.append("answers left out")
    return " · ".join(parts) or "nothing to compare with yet"


def member(project: Project, share: Share, *, fixed: str | None) -> Wish:
    """One member, with what an admin can decide about them.

    Args:
        fixed: why their role is not an admin's to give, or None.
    """
    lines = [f"{head(project)}{_did(share)}", _known(share)]
    if fixed is not None:
        lines.append(esc(fixed))
    now = share.role or LABELLER
    roles = [
        button(
            f"{'● ' if role == now else ''}{role.capitalize()}",
            at(project, "team"),
            "role",
            share.member_id,
            role,
        )
        for role in reversed(GIVEN)
        if fixed is None
    ]
    counts = (
        button("🚫 Leave their answers out", at(project, "team"), "out", share.member_id)
        if share.counts
        else button("↩ Let their answers count", at(project, "team"), "in", share.member_id)
    )
    back = button("‹ Team", at(project, "team"), "all")
    return text("\n".join(lines), [*([roles] if roles else []), [counts], [back]])


def left_out(project: Project, share: Share, *, counting: bool) -> Wish:
    """A member's answers were left out."""
    return _counted(
        project,
        f"{_answers(share)} don't count any more; they are kept, and nobody is told.",
        button("↩ Undo", at(project, "team"), "in", share.member_id),
        counting=counting,
    )


def back_in(project: Project, share: Share, *, counting: bool) -> Wish:
    """They count again."""
    return _counted(
        project,
        f"{_answers(share)} count again.",
        button("🚫 Leave out", at(project, "team"), "out", share.member_id),
        counting=counting,
    )


def _counted(project: Project, words: str, undo: Button, *, counting: bool) -> Wish:
    moment = "\nI'm counting anew; that goes on for a moment." if counting else ""
    back = button("‹ Team", at(project, "team"), "all")
    return text(f"{head(project)}{words}{moment}", [[undo], [back]])


def _answers(share: Share) -> str:
    return f"{esc(share.name)}'s {count(share.tiles + share.pictures + share.drawn, 'answer')}"
