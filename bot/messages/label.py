"""Sheets and what they won."""

from bot.messages.common import at, count, head
from bot.wishes import Keyboard, Wish, button, esc, photo, rows, text
from pipeline.labelling.sheets import SECONDS_A_SHEET
from storage.models import Project, Sheet
from storage.progress import Standing

FIRST_TRY = 30


def sheet(project: Project, shown: Sheet, marked: set[int], *, done: int) -> Wish:
    """A contact sheet: one picture, a button a tile. `done`: sheets settled in this round."""
    assert shown.picture is not None
    minutes = max(1, round(shown.left * SECONDS_A_SHEET / 60))
    where = f"{done + 1}/{done + max(shown.left, 1)} · ~{minutes} min"
    question = (
        f"<b>{esc(shown.label)}</b>? Tap the WRONG ones"
        if shown.kind == "box"
        else "Is anything missing? Tap the pictures where something has no box"
    )
    return photo(
        shown.picture,
        f"{head(project)}{question} · {where}",
        sheet_keyboard(shown, marked),
        sheet=shown.id,
    )


def sheet_keyboard(shown: Sheet, marked: set[int]) -> Keyboard:
    """A number a tile, then the answers to the whole sheet."""
    tiles = [
        button(f"{place} ❌" if place in marked else f"{place}", "s", shown.id, place)
        for place in range(1, len(shown.tiles) + 1)
    ]
    yes, none = (
        ("✅ Rest are right", "❌ None")
        if shown.kind == "box"
        else ("✅ Rest are complete", "❌ All")
    )
    return [
        *rows(tiles, 3),
        [button(yes, "s", shown.id, "ok")],
        [
            button(none, "s", shown.id, "none"),
            button("⏭ Skip", "s", shown.id, "skip"),
            button("↩ Back", "s", shown.id, "back"),
            button("⏹ Stop", "s", shown.id, "stop"),
        ],
    ]


def back_keyboard(shown: Sheet) -> Keyboard:
    """What the last sheet of a round still offers."""
    return [[button("↩ Back", "s", shown.id, "back")]]


def nothing_to_ask(project: Project, state: Standing, *, preparing: bool) -> Wish:
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
    return stopped(project, state, told="All is checked 🎉")


def stopped(project: Project, state: Standing, told: str = "") -> Wish:
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
        lines.append(f"{count(len(state.confirm), 'picture')}: is nothing missing?")
    keyboard: Keyboard = []
    if state.check or state.confirm or state.draw:
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
