"""The list of sources, the page of one, and what came when it was fetched again."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.messages import dropped
from bot.messages.common import at, bar, count, head
from bot.wishes import Button, Keyboard, Wish, button, esc, rows, text
from pipeline import provenance
from pipeline.jobs.events import Progress
from pipeline.kinds import refresh
from pipeline.licences import limits
from storage.models import Job, Project, Source

PAGE = 8
TRUST = {"yes": "trusted", "sample": "a sample is checked", "no": "checked", None: "not answered"}
KINDS = {
    "link": "a link",
    "upload": "sent into the chat",
    "correction": "a corrected photo",
    "visitors": "sent by visitors of the model's page",
}
CLOCK = "Your clock is another? Send it so: <code>/settings zone=Europe/Berlin</code>"
STATES = {
    "collecting": "⏳ coming",
    "asking": "❓ are its labels right?",
    "failed": "⚠️ nothing came of it",
    "paused": "⏸ paused: its pictures are left out of questions and new versions",
}


def listing(project: Project, sources: list[Source], page: int = 0) -> Wish:
    """Where the pictures come from, newest first; a button opens each."""
    if not sources:
        return text(
            f"{head(project)}no sources yet. Send a link, photos, a video or a zip.",
            [[button("➕ How to add", at(project, "add"))]],
        )
    pages = -(-len(sources) // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = sources[::-1][page * PAGE : (page + 1) * PAGE]
    lines = [f"{head(project)}sources: tap one to see whose it is, pause it or fetch it again."]
    lines += [f"{source.id}. {esc(source.title)} – {_short(source)}" for source in shown]
    keyboard = rows(
        [
            button(f"{source.id}. {source.title[:24]}".strip(), at(project, "src"), source.id)
            for source in shown
        ],
        2,
    )
    ways: list[Button] = []
    if page:
        ways.append(button("‹ Newer", at(project, "srcs"), page - 1))
    if page + 1 < pages:
        ways.append(button("Older ›", at(project, "srcs"), page + 1))
    keyboard += [ways] if ways else []
    return text("\n".join(lines), [*keyboard, [button("➕ More", at(project, "add"))]])


def _short(source: Source) -> str:
    kept = source.counts.get("kept")
    notes = [count(kept, "picture") if kept is not None else source.state]
    if source.labelled:
        notes.append(f"labels: {TRUST[source.trust]}")
    notes += ["⏸ paused"] if source.state == "paused" else []
    notes += ["🌙 every night"] if source.nightly_at is not None else []
    return ", ".join(notes)


def page(project: Project, source: Source, *, zone: str) -> Wish:
    """One source: whose it is, what came of it, and what can be done with it."""
    known = provenance.attribution(source.provenance)
    licence = known.get("licence", "")
    limited = limits(licence)
    facts = {
        "kind": KINDS.get(source.kind, source.kind),
        "title": known.get("title", "") if known.get("title") != source.title else "",
        "link": known.get("link", ""),
        "author": known.get("author", "not known"),
        "licence": (licence or "not known") + (f" ({limited})" if limited else ""),
        "pictures": _pictures(source),
        "labels": TRUST[source.trust] if source.labelled else "",
        "added": _when(source.created_at, zone),
        "fetched again": _again(source, zone),
        "next": f"🌙 {_when(source.nightly_at, zone)}" if source.nightly_at else "",
    }
    lines = [f"{head(project)}{esc(source.title)}"]
    lines += [f"{name}: {esc(fact)}" for name, fact in facts.items() if fact]
    lines += [STATES[source.state]] if source.state in STATES else []
    lines += [f"⚠️ {esc(source.counts['trouble'])}"] if source.counts.get("trouble") else []
    lines += [f"ℹ️ {CLOCK}"] if source.nightly_at is not None and zone == "UTC" else []
    return text("\n".join(lines), _buttons(project, source))


def _pictures(source: Source) -> str:
    kept = source.counts.get("kept")
    if kept is None:
        return ""
    boxes = sum(source.counts.get("boxes", {}).values())
    more = f", {count(boxes, 'box', 'boxes')}" if boxes else ""
    return f"{kept:,} kept of {source.counts.get('read', kept):,}{more}"


def _again(source: Source, zone: str) -> str:
    last = source.counts.get("refreshed")
    return _when(datetime.fromisoformat(last), zone) if last else ""


def _when(moment: datetime, zone: str) -> str:
    there = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{there:%Y-%m-%d %H:%M} ({zone})"


def _buttons(project: Project, source: Source) -> Keyboard:
    def do(label: str, *what: object) -> Button:
        return button(label, at(project, "src"), source.id, *what)

    keyboard: Keyboard = []
    if source.state == "asking":
        # The question may lie far up the chat: it can be answered here as well.
        keyboard.append(
            [
                button("👍 Trust", "trust", source.id, "yes"),
                button("🔎 Sample", "trust", source.id, "sample"),
                button("✅ All", "trust", source.id, "no"),
            ]
        )
    if source.state == "paused":
        keyboard.append([do("▶ Resume", "resume")])
    elif source.state in ("ready", "asking"):
        first = [do("⏸ Pause", "pause")]
        if refresh.possible(source):
            on = source.nightly_at is not None
            first.append(do("🔄 Refresh", "again"))
            keyboard.append(first)
            first = [do(f"🌙 Every night: {'on' if on else 'off'}", "night", int(not on))]
        keyboard.append(first)
        if source.counts.get("shelved"):
            keyboard.append([dropped.look(source)])
    last = [button("‹ Sources", at(project, "srcs"), 0)]
    if source.state not in ("collecting", "failed"):
        last.append(button("↩ Remove", "rm", source.id))
    return [*keyboard, last]


def fetching(project: Project, source: Source, job: Job, now: Progress | None = None) -> Wish:
    """The card of a refresh that somebody asked for."""
    share = now.done / now.total if now is not None and now.total else 0.0
    how = f"{bar(share)} looking for news…" if now is not None else "⏳ in a moment…"
    return text(f"{head(project)}🔄 {esc(source.title)}\n{how}", [[button("✖ Stop", "x", job.id)]])


SEVERAL = "It means several things by now: add the link again to choose one of them."


def nothing_new(project: Project, source: Source) -> Wish:
    """All of it was here."""
    return text(
        f"{head(project)}🔄 {esc(source.title)}: nothing new. All of it is here already.",
        _back(project, source),
    )


def not_fetched(project: Project, source: Source, sentence: str) -> Wish:
    """It could not be fetched again; nothing is lost."""
    return text(
        f"{head(project)}🔄 {esc(source.title)} stays as it is.\n⚠️ {esc(sentence)}",
        _back(project, source),
    )


def stopped(project: Project, source: Source) -> Wish:
    """A refresh was stopped by a person."""
    return text(
        f"{head(project)}🔄 {esc(source.title)}: ✖ stopped, nothing was added.",
        _back(project, source),
    )


def _back(project: Project, source: Source) -> Keyboard:
    return [[button("🗂 Its page", at(project, "src"), source.id)]]
