"""Sheets, drawing requests and what they won."""

from bot.messages.common import at, count, head, plural
from bot.wishes import Keyboard, Wish, button, esc, photo, rows, text
from pipeline.labelling.drawings import revision
from pipeline.labelling.sheets import SECONDS_A_SHEET
from storage.models import Drawing, Project, Sheet
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


def draw_request(
    project: Project,
    drawing: Drawing,
    picture: str,
    *,
    done: int,
    goal: int,
    private: bool,
    more: bool,
) -> Wish:
    """A picture to draw on. `more`: it shows boxes, and something else was said to be there."""
    one = len(project.classes) == 1
    what = f"each {esc(project.classes[0])}" if one else "all objects of one class"
    if more:
        what = f"{what} that has no box yet"
    how = "send it" if private else "send it as a reply to this"
    # Several classes: the caption that comes back, or a button, says which.
    extra = "" if one else " and write the class under it"
    words = (
        f"{head(project)}✏️ Circle {what}: open the photo → edit → brush → "
        f"{how}{extra}. {done % goal + 1}/{goal}"
    )
    nothing = f"🚫 No {project.classes[0]} here" if one else "🚫 Nothing here"
    if more:
        nothing = "🚫 Nothing missing"
    return photo(
        picture,
        words,
        [
            [button(nothing[:40], "d", drawing.id, "none")],
            [
                button("⏭ Skip", "d", drawing.id, "skip"),
                button("❔ How?", "d", drawing.id, "how"),
                button("⏹ Stop", "d", drawing.id, "stop"),
            ],
        ],
    )


HOW_TO_DRAW = (
    "Open the photo, tap ⋮ or the pencil → Edit → brush. Draw one closed circle around each "
    "object, don't crop, then send it back to me."
)


def draw_answer(project: Project, drawing: Drawing, picture: str) -> Wish:
    """The strokes as they were understood, to be confirmed."""
    # The project's classes may have changed since it was drawn.
    label = drawing.label if drawing.label in project.classes else ""
    boxes = count(len(drawing.boxes), label or "object", plural(label or "object"))
    seen = revision(drawing)
    if label:
        index = project.classes.index(label)
        right = [[button("✅ Right", "d", drawing.id, "ok", index, seen)]]
    else:
        right = rows(
            [
                button(f"✅ {name}"[:30], "d", drawing.id, "ok", index, seen)
                for index, name in enumerate(project.classes)
            ],
            3,
        )
    away = [
        button(f"🗑 {place}", "d", drawing.id, "del", place, seen)
        for place in range(1, len(drawing.boxes) + 1)
    ][:24]
    question = f"{esc(boxes)}, right?" if label else f"{boxes}: of which class?"
    return photo(
        picture,
        f"{head(project)}{question}",
        [*right, [button("↩ Again", "d", drawing.id, "again")], *rows(away, 6)],
    )


def draw_problem(project: Project, sentence: str, *, reply_to: int | None) -> Wish:
    """A drawing that could not be read; the request stays open."""
    return text(f"{head(project)}{esc(sentence)}", reply_to=reply_to)


def marks_left_out(project: Project, marks: int, *, reply_to: int | None) -> Wish:
    """Strokes that surround nothing."""
    return text(
        f"{head(project)}{count(marks, 'mark')} left out: draw each circle closed.",
        reply_to=reply_to,
    )


def not_painted(project: Project) -> Wish:
    """A picture could not be made; the way on."""
    return text(
        f"{head(project)}I couldn't make that picture. Your answers are kept; go on with the next.",
        [[button("▶ Go on", at(project, "label"))]],
    )
