"""Why a tile is what it is, in words."""

from collections import Counter
from collections.abc import Sequence

from bot.messages.common import at, count, head, listed
from bot.messages.origins import origin_words
from bot.wishes import Button, Keyboard, Wish, button, esc, rows, text
from pipeline.labelling.reasons import Reason
from storage.models import Project

NOT_YET = "▫️ not settled yet"
ICONS = {"right": "✅ right", "complete": "✅ complete", "wrong": "❌ wrong"}
ICONS |= {"incomplete": "✏️ something is missing", "unsure": "❌ some box is off"}
INSTEAD = {
    "open": "what it is instead is asked next",
    "off": "the box is off its place",
    "nothing": "nothing is there",
}
TOAST = 190


def tiles(
    project: Project,
    reasons: Sequence[Reason],
    ref: str,
    *,
    many_votes: bool,
    reply_to: int | None = None,
) -> Wish:
    """One line a tile, and a button a tile for more."""
    lines = [f"{head(project)}why"]
    lines += [
        f"{place}. {line(reason, many_votes=many_votes)}" for place, reason in enumerate(reasons, 1)
    ]
    more = [
        button(f"{place} ▸", at(project, "why"), ref, name(reason))
        for place, reason in enumerate(reasons, 1)
    ]
    return text("\n".join(lines), rows(more, 5), reply_to=reply_to)


def detail(
    project: Project,
    reason: Reason,
    place: int,
    ref: str,
    *,
    votes: int,
    admin: bool,
    reply_to: int | None = None,
) -> Wish:
    """Everything about one tile. `votes`: how many its class needs; `admin`: who asks is one."""
    what = f", <b>{esc(reason.label)}</b>" if reason.label else ""
    lines = [f"{head(project)}tile {place}{what}: {line(reason, many_votes=votes > 1)}"]
    if reason.origin is not None and not reason.hidden:
        score = f" ({reason.score:.0%})" if reason.score is not None else ""
        said = origin_words(Counter([reason.origin]), project)
        if said:
            lines.append(f"{esc(said)}{score}")
    if votes > 1 and reason.kind == "box":
        lines.append(
            f"{votes} votes a tile; who is right more often weighs more, so it may take fewer or "
            "more."
        )
    keyboard: Keyboard = []
    if admin and not reason.hidden and (reason.answers or reason.out):
        keyboard.append([_button(project, "👥 Who?", ref, reason, "who")])
    if admin and reason.decided:
        keyboard.append([_button(project, "↩ Undo this decision", ref, reason, "undo")])
    if admin and reason.how == "reopened":
        keyboard.append([_button(project, "↪ Put it back", ref, reason, "back")])
    keyboard.append([button("‹ All tiles", at(project, "why"), ref)])
    return text("\n".join(lines), keyboard, reply_to=reply_to)


def _button(project: Project, words: str, ref: str, reason: Reason, what: str) -> Button:
    return button(words, at(project, "why"), ref, name(reason), what)


def name(reason: Reason) -> str:
    """A tile in a button's data: `box12`."""
    return f"{reason.kind}{reason.id}"


def line(reason: Reason, *, many_votes: bool) -> str:
    """`✅ right – 3 of 4 say so, sure 97 %`."""
    if reason.hidden:
        return NOT_YET
    match reason.how:
        case "known":
            return _test(reason)
        case "merged":
            return "🔗 drawn by several of you: one box stands for all"
        case "reopened":
            return "↩ taken back by an admin; it is asked again"
        case "open":
            return NOT_YET
    if reason.verdict is None or reason.verdict == "redrawn":
        again = "somebody drew more, so it is asked again" if reason.verdict else _votes(reason)
        return f"{NOT_YET} – {again}"
    instead = f", {esc(_instead(reason))}" if reason.instead else ""
    return f"{ICONS[reason.verdict]} – {_because(reason, many_votes)}{instead}"


def _because(reason: Reason, many_votes: bool) -> str:
    if reason.how == "trust":
        return f"“{esc(reason.source)}” is trusted"
    if reason.how == "bulk" and reason.bulk is not None:
        sample = len(reason.bulk.sample)
        return (
            f"accepted with {count(reason.bulk.size - sample - 1, 'other')}: "
            f"{sample - reason.bulk.wrong} of {sample} checked ones were right"
        )
    sure = ""
    if many_votes and reason.sure is not None:
        sure = f", sure {max(reason.sure, 1 - reason.sure):.0%}"
    track = "of its whole way through the video " if reason.how == "track" else ""
    agreeing = reason.no if reason.verdict in ("wrong", "incomplete", "unsure") else reason.yes
    return f"{_of(agreeing, len(reason.answers))} {track}so{sure}"


def _of(number: int, everybody: int) -> str:
    """`1 says`, `3 of 4 say`."""
    if everybody == 1:
        return f"{number} says"
    return f"{number} of {everybody} say"


def _votes(reason: Reason) -> str:
    return f"{_of(reason.yes, len(reason.answers))} right" if reason.answers else "nobody answered"


def _instead(reason: Reason) -> str:
    said = reason.instead or ""
    if said.startswith("class:"):
        return f"it is a {said.partition(':')[2]}"
    return INSTEAD.get(said, "it was passed over")


def _test(reason: Reason) -> str:
    if not reason.planted:
        return f"🧪 known to be {esc(reason.verdict or 'right')} before: a test tile"
    seen = "you saw it" if reason.mine == "wrong" else "it slipped by you"
    return f"🧪 a test tile, wrong on purpose: {seen}"


def who(reason: Reason, names: dict[int, str]) -> str:
    """Who said what, for an admin's eyes: a toast has 200 letters."""
    by_answer: dict[str, list[str]] = {}
    for member, answer in reason.answers.items():
        by_answer.setdefault(answer, []).append(names[member])
    parts = [f"{answer}: {listed(people)}" for answer, people in by_answer.items()]
    if reason.out:
        parts.append(f"left out: {listed([names[member] for member in reason.out])}")
    said = ". ".join(parts)
    return said if len(said) <= TOAST else said[: TOAST - 1] + "…"


def prediction(project: Project, *, reply_to: int | None) -> Wish:
    """A photo with a model's boxes: nobody decided anything."""
    return text(
        f"{head(project)}these are the model's own boxes on your photo: nobody has checked them. "
        "✏️ under the picture makes labels of it.",
        reply_to=reply_to,
    )
