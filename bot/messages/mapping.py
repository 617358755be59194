"""What a source's class names mean: one question after another on one message."""

import zlib

from bot.messages.collect import trust_buttons
from bot.messages.common import at, count, head, some
from bot.wishes import Button, Keyboard, Wish, button, esc, rows, text
from pipeline.labelling.mapping import SKIP, Names
from pipeline.labelling.names import match_classes
from storage.models import Project, Source

A_ROW = 3


def mark(label: str) -> str:
    """What a button calls a class: short, and of no other class whatever becomes of the list."""
    return f"{zlib.crc32(label.encode()):08x}"


def place_of(names: Names) -> int:
    """Which name is asked about, counted from 0; one beyond the last when all is told."""
    waiting = names.waiting
    return list(names.boxes).index(waiting[0]) if waiting else len(names.boxes)


def question(project: Project, source: Source, names: Names) -> Wish:
    """The next name, or what came of all."""
    waiting = names.waiting
    if not waiting:
        return _done(project, source, names)
    name, place = waiting[0], place_of(names)

    def choice(words: str, what: str) -> Button:
        return button(words, at(project, "map"), source.id, place, what)

    lines = [f"{head(project)}{esc(source.title)}", *_said(names)]
    left = f" · {len(waiting)} to go" if len(waiting) > 1 else ""
    boxes = count(names.boxes[name], "box", "boxes")
    lines.append(f"<b>{esc(name)}</b> → ? ({boxes}{left})")
    classes = [choice(label[:30], mark(label)) for label in _likely(project.classes, name)]
    keyboard: Keyboard = rows(classes, A_ROW)
    keyboard.append([choice("⏭ Skip", "skip"), choice("➕ New class", "new")])
    last: list[Button] = []
    if len(waiting) > 1:
        last.append(choice(f"⏭ Skip all {len(waiting)}", "rest"))
    if names.said:
        last.append(choice("↩ Back", "back"))
    return text("\n".join(lines), [*keyboard, *([last] if last else [])])


def _likely(classes: list[str], name: str) -> list[str]:
    """The classes, first the one that the name seems to mean."""
    found = match_classes(classes, [name])
    return sorted(classes, key=lambda label: label not in found.values())


def _said(names: Names) -> list[str]:
    told = [
        f"{esc(name)} → {esc(meant) if meant != SKIP else 'left out'}"
        for name, meant in names.said.items()
    ]
    return [some(told)] if told else []


def _done(project: Project, source: Source, names: Names) -> Wish:
    back = [button("↩ Back", at(project, "map"), source.id, place_of(names), "back")]
    lines = [f"{head(project)}{esc(source.title)}", *_said(names)]
    if source.state == "asking":
        lines.append("<b>Are these labels right?</b>")
        return text("\n".join(lines), [*trust_buttons(source), back])
    if not source.labelled:
        lines.append("Its pictures stay, without labels: check guesses or draw.")
    return text("\n".join(lines), [[button("▶ Check", at(project, "label"))], back])
