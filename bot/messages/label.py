"""Sheets and what they won."""

from collections.abc import Sequence

from bot.messages.common import at, bar, count, head
from bot.wishes import Button, Keyboard, Wish, button, esc, photo, rows, text
from pipeline.labelling.outlook import Outlook
from pipeline.labelling.sheets import SECONDS_A_SHEET
from storage import settings
from storage.models import Project, Sheet

FIRST_TRY = 30
FIXED_BEFORE = "Somebody settled that one meanwhile"
ALL_CHECKED = "all is checked 🎉"
ALL_SEEN = "you have seen all there is 🎉 The others settle the rest."
FEW_PEOPLE = "Too few people for so many votes? /settings changes how many a tile needs."


MARKED = {
    "box": "wrong",
    "track": "wrong",
    "image": "something is missing",
    "frame": "something is off",
}
CONFIRMED = {"box": "right", "track": "right", "image": "complete", "frame": "right"}
QUESTIONS = {
    "box": "<b>{label}</b>? Tap the WRONG ones",
    "track": "<b>{label}</b>, followed through the video? Tap the WRONG ones",
    "image": "Is anything missing? Tap the pictures where something has no box",
    "frame": "All right? Tap the pictures where a box is wrong or missing",
    "fix": "Not a <b>{label}</b>. What is it?",
}
YES = {
    "box": "✅ Rest are right",
    "track": "✅ Rest are right",
    "image": "✅ Rest are complete",
    "frame": "✅ Rest are right",
}
NONE = {"box": "❌ None", "track": "❌ None", "image": "❌ All", "frame": "❌ All"}
MOST_CLASSES = 24


def sheet(
    project: Project,
    shown: Sheet,
    marked: set[int],
    *,
    done: int,
    origin: str = "",
    editor: Button | None = None,
) -> Wish:
    """A contact sheet: one picture, a button a tile. `done`: sheets settled in this round."""
    assert shown.picture is not None
    question = QUESTIONS[shown.kind].format(label=esc(shown.label))
    if shown.kind == "box" and not shown.label:
        question = "Are these right? Tap the WRONG ones"
    return photo(
        shown.picture,
        f"{head(project)}{question} · {_where(shown, done)}{f' · {esc(origin)}' if origin else ''}",
        sheet_keyboard(shown, marked, project.classes, editor),
        sheet=shown.id,
    )


def _where(shown: Sheet, done: int) -> str:
    if shown.goal:
        return f"{bar(done / shown.goal)} {min(done + 1, shown.goal)}/{shown.goal}"
    left = max(shown.left, 1)
    minutes = max(1, round(shown.left * SECONDS_A_SHEET / 60))
    return f"{done + 1}/{done + left} · ~{minutes} min"


def sheet_keyboard(
    shown: Sheet, marked: set[int], classes: Sequence[str] = (), editor: Button | None = None
) -> Keyboard:
    """A number a tile, then the answers to the whole sheet."""
    if shown.kind == "fix":
        return _fix_keyboard(shown, classes, editor)
    tiles = [
        button(f"{place} ❌" if place in marked else f"{place}", "s", shown.id, place)
        for place in range(1, len(shown.tiles) + 1)
    ]
    return [
        *rows(tiles, 2 if len(tiles) == 4 else 3),
        [button(YES[shown.kind], "s", shown.id, "ok")],
        [
            button(NONE[shown.kind], "s", shown.id, "none"),
            *_ways_on(shown),
        ],
    ]


def _ways_on(shown: Sheet) -> list[Button]:
    return [
        button("⏭ Skip", "s", shown.id, "skip"),
        button("↩ Back", "s", shown.id, "back"),
        button("⏹ Stop", "s", shown.id, "stop"),
    ]


def _fix_keyboard(shown: Sheet, classes: Sequence[str], editor: Button | None) -> Keyboard:
    """Another class, a box off its place, or nothing."""
    others = [
        button(name[:30], "s", shown.id, f"c{index}")
        for index, name in enumerate(classes)
        if name != shown.label
    ]
    return [
        *rows(others[:MOST_CLASSES], 3 if len(others) > 2 else 2),
        [
            button("📐 Box is off", "s", shown.id, "off"),
            button("🚫 Nothing here", "s", shown.id, "nothing"),
        ],
        *([[editor]] if editor else []),
        [button("🚫 Nothing in all that are left", "s", shown.id, "empty")],
        _ways_on(shown),
    ]


def fixed(said: str) -> str:
    """The answer to a tap that says what a wrong box is instead."""
    if said == "off":
        return "📐 Kept: it will be drawn"
    if said == "nothing":
        return "🚫 Nothing there"
    return f"✅ {said.partition(':')[2]}"


def round_over(
    project: Project, shown: Sheet, state: Outlook, *, done: int, broken_off: bool
) -> Wish:
    """A round of sheets ended: the goal is reached, nothing is left, or somebody stopped."""
    told = ""
    if not broken_off:
        left = bool(state.check or state.confirm or state.fix)
        reached = shown.goal is not None and done >= shown.goal
        told = ALL_CHECKED
        if left:
            told = f"{count(done, 'sheet')}: your goal 🎉" if reached else _all_seen(project)
    return stopped(project, state, told)


def back_keyboard(shown: Sheet) -> Keyboard:
    """What the last sheet of a round still offers."""
    return [[button("↩ Back", "s", shown.id, "back")]]


def nothing_to_ask(project: Project, state: Outlook, *, preparing: bool) -> Wish:
    """All is decided, or nothing is there to decide on."""
    if preparing:
        return text(
            f"{head(project)}I'm still looking through the pictures; "
            "I'll say when there is something to check."
        )
    if not state.images:
        return text(
            f"{head(project)}no pictures yet. Send a link, photos, a video or a zip.",
            [[button("➕ How to add", at(project, "add"))]],
        )
    if state.asking:
        return text(
            f"{head(project)}first tell me about the labels that came with your data: trust them, "
            "check a sample or check all? The question stands above.",
            [[button("🗂 Sources", at(project, "sources"))]],
        )
    return stopped(project, state, told=_all_seen(project) if state.check else ALL_CHECKED)


def _all_seen(project: Project) -> str:
    """A member has answered all they can; where that may never be enough, the way out."""
    return f"{ALL_SEEN} {FEW_PEOPLE}" if settings.of(project).many_votes else ALL_SEEN


def stopped(project: Project, state: Outlook, told: str = "") -> Wish:
    """What is won so far."""
    won = count(state.boxes, "box", "boxes")
    lines = [f"{head(project)}{told}".rstrip(" ·") if told else f"{head(project)}stopped."]
    if state.boxes >= FIRST_TRY:
        lines.append(f"{won} ready: enough for a first try. Shall I train?")
    elif state.boxes:
        lines.append(
            f"{won} ready. {FIRST_TRY - state.boxes} more make a good first try; you can train now."
        )
    else:
        lines.append("No boxes are ready yet.")
    if state.confirm:
        lines.append(f"{count(state.confirm, 'picture')}: is nothing missing?")
    keyboard: Keyboard = []
    if state.check or state.fix or state.confirm or state.draw:
        keyboard.append([button("▶ Go on", at(project, "label"))])
    if state.boxes:
        keyboard.append([button("🏋 Train", at(project, "train"))])
    keyboard.append(
        [button("➕ Add", at(project, "add")), button("📊 Stats", at(project, "stats"))]
    )
    return text("\n".join(lines), keyboard)


def samples_settled(project: Project, sentences: list[str]) -> Wish:
    """What a checked sample says about the rest."""
    return text(head(project) + "\n".join(esc(sentence) for sentence in sentences))


def not_painted(project: Project) -> Wish:
    """A picture could not be made; the way on."""
    return text(
        f"{head(project)}I couldn't make that picture. Your answers are kept; go on with the next.",
        [[button("▶ Go on", at(project, "label"))]],
    )
