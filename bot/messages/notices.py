"""How a member wants to hear of jobs, and what they watch."""

from bot.messages.common import count
from bot.wishes import Wish, button, esc, link, text
from storage.models import Job, Member, Notices

PLACES = {
    "here": "📣 here",
    "private": "✉️ in private",
    "results": "🏁 only results",
}
EXPLAINED = {
    "here": "one message that moves, then the result, in the chat where you asked",
    "private": "milestones and the result in your private chat; the group reads one line",
    "results": "how a job of yours ends, and nothing before",
}
HOURS = ("22-7", "23-8")
ON = "🔔 I tell you in private how it goes."
OFF = "🔕 No more news of it in private."
OPEN_FIRST = "Open my private chat and press Start first; then tap 🔔 again."
ASKED_FOR = "You asked for this job: /notices chooses where you hear of yours."


def menu(member: Member, chosen: Notices, *, closed: bool = False) -> Wish:
    """What a member chose, with buttons that are theirs alone.

    Args:
        closed: the bot may not write to them in private.
    """
    lines = [
        f"<b>{esc(member.name)}</b>, of jobs you ask for you hear",
        *(
            f"{'●' if chosen.place == place else '○'} {PLACES[place]}: {words}"
            for place, words in EXPLAINED.items()
        ),
        f"🌙 {_hours(chosen)}",
        "<code>/notices quiet 23-7</code> chooses other hours.",
    ]
    if closed and chosen.place == "private":
        lines.append("ℹ️ I can't write to you in private yet: open my chat and press Start.")
    places = [
        button(f"{'● ' if chosen.place == place else ''}{words}", "nt", member.id, place)
        for place, words in PLACES.items()
    ]
    hours = [button(f"🌙 {one}", "nt", member.id, one) for one in HOURS]
    if chosen.quiet_from is not None:
        hours.append(button("🔔 No quiet hours", "nt", member.id, "off"))
    return text("\n".join(lines), [[one] for one in places] + [hours])


def _hours(chosen: Notices) -> str:
    if chosen.quiet_from is None or chosen.quiet_until is None:
        return "no quiet hours"
    hours = f"{_clock(chosen.quiet_from)}–{_clock(chosen.quiet_until)}"
    return f"without a sound {hours}, by the clock of {esc(chosen.zone)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def watching(name: str, job: Job) -> Wish:
    """Somebody watches a job from now on."""
    return text(
        f"🔔 {esc(name)}, I tell you in private how job {job.id} goes. "
        f"<code>/unwatch {job.id}</code> ends that."
    )


def hears_here(job: Job) -> Wish:
    """The job is this private chat's."""
    return text(f"You hear of job {job.id} right here.")


def open_me(name: str, username: str) -> Wish:
    """The bot may not write to them yet."""
    keyboard = [[link("✉️ Open my chat", f"https://t.me/{username}")]] if username else []
    return text(
        f"{esc(name)}, open my private chat and press Start, then send /watch again.", keyboard
    )


def not_watching(name: str, ended: list[int]) -> Wish:
    """They hear nothing more of these jobs."""
    if not ended:
        return text(f"{esc(name)}, you watch no such job. /watch and its number begins.")
    which = f"job {ended[0]}" if len(ended) == 1 else count(len(ended), "job")
    return text(f"🔕 {esc(name)}, no more news of {which} in private.")
