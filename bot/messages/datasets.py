"""Dataset versions: the list, the page of one, two side by side."""

from collections.abc import Mapping, Sequence

from bot.messages.common import at, count, head, some
from bot.wishes import Button, Keyboard, Wish, button, esc, rows, text
from pipeline.versions import Difference
from storage.models import DatasetVersion, Model, Project

PAGE = 8
OTHERS = 4
DIGEST = 12
PARTS = {"train": "to learn from", "val": "to choose by", "test": "kept aside"}

Models = Mapping[int, Sequence[Model]]
"""The models trained on each version, by the version's id."""


def listing(
    project: Project, versions: Sequence[DatasetVersion], models: Models, page: int = 0
) -> Wish:
    """All versions, newest first; a button opens each."""
    if not versions:
        return text(
            f"{head(project)}no data set yet: each training freezes what is labelled by then.",
            [[button("🏋 Train", at(project, "train"))]],
        )
    pages = -(-len(versions) // PAGE)
    page = min(max(page, 0), pages - 1)
    shown = versions[page * PAGE : (page + 1) * PAGE]
    lines = [f"{head(project)}data sets, frozen for trainings: tap one to look closer."]
    lines += [_line(project, version, models) for version in shown]
    keyboard = rows(
        [button(f"v{one.number}", at(project, "ds"), one.number) for one in shown], OTHERS
    )
    ways: list[Button] = []
    if page:
        ways.append(button("‹ Newer", at(project, "dss"), page - 1))
    if page + 1 < pages:
        ways.append(button("Older ›", at(project, "dss"), page + 1))
    return text("\n".join(lines), [*keyboard, *([ways] if ways else [])])


def _line(project: Project, version: DatasetVersion, models: Models) -> str:
    summary, pinned = version.summary, " 📌" if version.id == project.restored_id else ""
    trained = _models(version, models)
    return (
        f"v{version.number}{pinned} · {version.created_at:%Y-%m-%d} · "
        f"{count(summary['images'], 'picture')}, {count(summary['boxes'], 'box', 'boxes')}"
        f"{f' · model {trained}' if trained else ''}"
    )


def _models(version: DatasetVersion, models: Models) -> str:
    return ", ".join(f"v{model.number}" for model in models.get(version.id or 0, ()))


def page(
    project: Project,
    version: DatasetVersion,
    models: Models,
    others: Sequence[int],
    *,
    note: str = "",
) -> Wish:
    """One version: what it holds, and what can be done with it.

    Args:
        others: numbers of versions to compare it with.
    """
    summary = version.summary
    pinned = version.id == project.restored_id
    parts = ", ".join(f"{summary['parts'][part]['images']:,} {PARTS[part]}" for part in PARTS)
    classes = some([f"{esc(name)} {number:,}" for name, number in summary["classes"].items()])
    lines = [
        f"{head(project)}data v{version.number}, frozen {version.created_at:%Y-%m-%d %H:%M} UTC",
        f"{count(summary['images'], 'picture')}: {parts}",
        f"{count(summary['boxes'], 'box', 'boxes')}: {classes}",
        f"models: {_models(version, models) or 'none yet'}",
        f"digest: <code>{version.digest[:DIGEST]}</code>",
        *(f"ℹ️ {esc(words)}" for words in summary["notes"]),
    ]
    if pinned:
        lines.append("📌 The next training takes exactly this, and what came since is left out.")
    if note:
        lines.append(f"⚠️ {esc(note)}")
    return text("\n".join(lines), _buttons(project, version, others, pinned=pinned))


def _buttons(
    project: Project, version: DatasetVersion, others: Sequence[int], *, pinned: bool
) -> Keyboard:
    def do(label: str, *what: object) -> Button:
        return button(label, at(project, "ds"), version.number, *what)

    compare = [do(f"⇄ Compare v{number}", "with", number) for number in others[:OTHERS]]
    restore = (
        [do("↺ Use everything", "release"), button("🏋 Train", at(project, "train"))]
        if pinned
        else [do("📌 Restore", "restore"), do("🏷 As files", "files")]
    )
    return [*rows(compare, 2), restore, [button("‹ Data sets", at(project, "dss"), 0)]]


def comparison(project: Project, old: int, new: int, found: Difference) -> Wish:
    """What changed between two versions, in words and by class."""
    lines = [f"{head(project)}data v{old} → v{new}: {_changes(found)}"]
    lines.append(
        some([f"{esc(name)} {_step(*numbers)}" for name, numbers in found.boxes.items()], "\n")
    )
    keyboard = [[button(f"v{number}", at(project, "ds"), number) for number in (old, new)]]
    return text("\n".join(lines), [*keyboard, [button("‹ Data sets", at(project, "dss"), 0)]])


def _changes(found: Difference) -> str:
    if found.same:
        return "nothing changed."
    said = [
        (found.added, f"+{count(found.added, 'picture')}"),
        (found.removed, f"−{count(found.removed, 'picture')}"),
        (found.relabelled, f"labels changed on {count(found.relabelled, 'picture')}"),
        (found.moved, f"{count(found.moved, 'picture')} in another part"),
    ]
    return ", ".join(words for number, words in said if number) + "."


def _step(before: int, after: int) -> str:
    change = after - before
    sign = "+" if change > 0 else "−"
    return f"{before:,} → {after:,} ({sign}{abs(change):,})" if change else f"{after:,}"


def left_since(pictures: int) -> str:
    """What is said when a restored version shows what people took out."""
    if not pictures:
        return ""
    are = "1 of its pictures is" if pictures == 1 else f"{pictures:,} of its pictures are"
    return f"{are} of sources that were removed or paused since."
