"""Drawing requests and how a drawing was understood."""

from bot.messages.common import at, count, head, plural
from bot.wishes import Button, Keyboard, Wish, button, esc, photo, rows, text
from pipeline.labelling.drawings import revision
from storage.models import Drawing, Project


def draw_request(
    project: Project,
    drawing: Drawing,
    picture: str,
    *,
    done: int,
    goal: int,
    private: bool,
    more: bool,
    editor: Button | None = None,
) -> Wish:
    """A picture to draw on.

    Args:
        more: it shows boxes, and something else was said to be there.
        editor: the way into the editor, where there is one.
    """
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
            *([[editor]] if editor else []),
            [
                button("⏭ Skip", "d", drawing.id, "skip"),
                button("❔ How?", "d", drawing.id, "how"),
                button("⏹ Stop", "d", drawing.id, "stop"),
            ],
        ],
    )


def drawn_in_editor(project: Project, name: str, boxes: int) -> tuple[str, Keyboard]:
    """What a request says once its picture was done in the editor: caption and keyboard."""
    won = count(boxes, "box", "boxes") if boxes else "nothing here"
    return (
        f"{head(project)}✅ {esc(name)} did this one in the editor: {won}.",
        [[button("▶ Go on", at(project, "label"))]],
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
