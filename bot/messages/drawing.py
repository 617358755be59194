"""Drawing requests and how a drawing was understood."""

from collections import Counter
from collections.abc import Sequence

from bot.messages.common import at, count, head, listed, plural
from bot.wishes import Button, Keyboard, Wish, button, esc, photo, rows, text
from pipeline.labelling.cells import Grid, name
from pipeline.labelling.inkclass import legend
from pipeline.labelling.twotaps import first_corner, is_closer
from pipeline.labelling.twotaps import seen as seen_grid
from pipeline.labelling.understood import labels_of, places, revision
from storage.models import Drawing, Project

MOST_SHOWN = 24
"""Boxes with buttons of their own; Telegram takes a hundred buttons."""

MOST_CLASSES = 24
LONGEST_NAME = 40


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
    # Several classes: the pen's colour says which; the rest is said in words.
    pens = [f"{sign} {esc(name[:LONGEST_NAME])}" for sign, name in legend(project.classes)]
    what = "everything in its colour" if pens else f"each {esc(project.classes[0])}"
    if more:
        what = f"{what} that has no box yet"
    how = "send it" if private else "send it as a reply to this"
    lines = [
        f"{head(project)}✏️ Circle {what}: open the photo → edit → brush → {how}. "
        f"{done % goal + 1}/{goal}"
    ]
    if pens:
        lines.append(" · ".join(pens))
    if len(project.classes) > len(pens) > 0:
        lines.append("Any other class: one a picture, and write it under the photo.")
    return photo(
        picture,
        "\n".join(lines),
        [
            [button(_nothing(project, more), "d", drawing.id, "none")],
            [button("▦ Two taps", "g", drawing.id, "new"), *([editor] if editor else [])],
            [
                button("⏭ Skip", "d", drawing.id, "skip"),
                button("❔ How?", "d", drawing.id, "how"),
                button("⏹ Stop", "d", drawing.id, "stop"),
            ],
        ],
    )


def _nothing(project: Project, more: bool) -> str:
    if more:
        return "🚫 Nothing missing"
    if len(project.classes) == 1:
        return f"🚫 No {project.classes[0]} here"[:40]
    return "🚫 Nothing here"


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


def counted(labels: Sequence[str]) -> str:
    """`2 cats and 1 dog`, `1 object` where the class is not known."""
    found = Counter(label or "object" for label in labels)
    return listed([count(number, name, plural(name)) for name, number in found.items()])


def draw_answer(project: Project, drawing: Drawing, picture: str) -> Wish:
    """The strokes or cells as they were understood, to be confirmed."""
    # The project's classes may have changed since it was drawn.
    labels = [name if name in project.classes else "" for name in labels_of(drawing)]
    seen, same = revision(drawing), places(drawing)
    shown = list(enumerate(labels, 1))[:MOST_SHOWN]
    if all(labels):
        question = f"{esc(counted(labels))}, right?"
        index = project.classes.index(labels[0]) if labels else 0
        right = [[button("✅ Right", "d", drawing.id, "ok", index, seen)]]
    else:
        rest = "the others of which class" if any(labels) else "of which class"
        question = f"{esc(counted([name for name in labels if name] or labels))}: {rest}?"
        right = rows(
            [
                button(f"✅ {name}"[:30], "d", drawing.id, "ok", index, seen)
                for index, name in enumerate(project.classes[:MOST_CLASSES])
            ],
            3,
        )
    turn = [
        button(f"{place} {name or '?'}"[:20] + " ▸", "d", drawing.id, "cls", place, same)
        for place, name in (shown if len(project.classes) > 1 else ())
    ]
    away = [button(f"🗑 {place}", "d", drawing.id, "del", place, seen) for place, _ in shown]
    ways = [
        button("↩ Again", "d", drawing.id, "again"),
        button("➕ Another box", "g", drawing.id, "new"),
    ]
    return photo(
        picture, f"{head(project)}{question}", [*right, *rows(turn, 3), ways, *rows(away, 6)]
    )


def grid_question(project: Project, drawing: Drawing, picture: str, shown: Grid) -> Wish:
    """A lettered grid and a keyboard of its cells, for one corner and then the opposite one."""
    first, seen, closer = first_corner(drawing), seen_grid(drawing), is_closer(drawing)
    one = len(project.classes) == 1
    what = f"a {esc(project.classes[0])}" if one else "an object"
    columns, rows_ = shown.choices(second=first is not None)
    span = f"{name((columns[0], rows_[0]))}–{name((columns[-1], rows_[-1]))}"
    written = f"Or write {'' if one else 'the class and '}both: "
    if closer and first is None:
        todo = len(drawing.taps["todo"])
        more = f" ({todo} to go)" if todo > 1 else ""
        words = f"🔍 Closer{more}: where are its left and upper edges? {span}"
    elif closer and first is not None:
        words = f"{name(first)} ✓ Where are its right and lower edges? {span}"
    elif first is None:
        example = f"{'' if one else esc(project.classes[0]) + ' '}B2-D4"
        words = f"▦ Tap the cell of one corner of {what}. {written}<code>{example}</code>"
    else:
        words = f"{name(first)} ✓ Now the cell of the opposite corner."
    keyboard: Keyboard = [
        [
            button(
                f"📍{name((column, row))}" if (column, row) == first else name((column, row)),
                "g",
                drawing.id,
                seen,
                column,
                row,
            )
            for column in columns
        ]
        for row in rows_
    ]
    ways = []
    if closer and first is None:
        ways.append(button("✅ Good as it is", "g", drawing.id, seen, "keep"))
    if closer or first is not None or drawing.boxes:
        ways.append(button("↩ Back", "g", drawing.id, seen, "back"))
    if not closer and first is None:
        ways += [
            button("⏭ Skip", "d", drawing.id, "skip"),
            button("⏹ Stop", "d", drawing.id, "stop"),
        ]
    return photo(picture, f"{head(project)}{words}", [*keyboard, ways])


def draw_problem(project: Project, sentence: str, *, reply_to: int | None) -> Wish:
    """A drawing that could not be read; the request stays open."""
    return text(f"{head(project)}{esc(sentence)}", reply_to=reply_to)


def marks_left_out(project: Project, marks: int, *, reply_to: int | None) -> Wish:
    """Strokes that surround nothing."""
    return text(
        f"{head(project)}{count(marks, 'mark')} left out: draw each circle closed.",
        reply_to=reply_to,
    )
