"""What screening left out, to look at and to bring back."""

from collections.abc import Mapping

from bot.messages.common import at, count, head
from bot.wishes import Button, Keyboard, Wish, button, esc, photo, rows, text
from storage.dropped import A_PAGE
from storage.models import Project, Shelf, Source

REASONS = {
    "near_duplicate": "alike",
    "blurred": "blurred",
    "dark": "dark",
    "tiny": "tiny",
}


def look(source: Source) -> Button:
    """The way to what was left out of a source."""
    return button("👀 Kept / dropped", "shelf", source.id)


def page(
    project: Project,
    source: Source,
    shelf: Shelf,
    counts: Mapping[str, int],
    *,
    picture: str,
) -> Wish:
    """A page of dropped pictures, a button a tile."""
    kept = source.counts.get("kept", 0)
    there = ", ".join(f"{number:,} {REASONS.get(why, why)}" for why, number in counts.items())
    words = (
        f"{head(project)}{esc(source.title)}: kept {kept:,}. To bring back: {there}.\n"
        f"<b>{REASONS.get(shelf.reason, shelf.reason).capitalize()}</b>"
        f"{_where(shelf, counts)} – tap a number to bring that picture back."
    )
    return photo(picture, words, _keyboard(shelf, counts))


def _where(shelf: Shelf, counts: Mapping[str, int]) -> str:
    pages = _pages(shelf, counts)
    return f", page {shelf.page + 1} of {pages}" if pages > 1 else ""


def _pages(shelf: Shelf, counts: Mapping[str, int]) -> int:
    return max(1, -(-counts.get(shelf.reason, 0) // A_PAGE))


def _keyboard(shelf: Shelf, counts: Mapping[str, int]) -> Keyboard:
    tiles = [
        button(str(number), "shelf1", shelf.id, dropped_id)
        for number, dropped_id in enumerate(shelf.shown, 1)
    ]
    turn = [
        button(words, "shelfp", shelf.id, shelf.reason, number)
        for words, number in (("◀", shelf.page - 1), ("▶", shelf.page + 1))
        if 0 <= number < _pages(shelf, counts)
    ]
    others = [
        button(f"{REASONS.get(why, why)} {number:,}", "shelfp", shelf.id, why, 0)
        for why, number in counts.items()
        if why != shelf.reason
    ]
    name = REASONS.get(shelf.reason, shelf.reason)
    every = button(
        f"↩ All {counts.get(shelf.reason, 0):,} {name}", "shelfa", shelf.id, shelf.reason
    )
    return [row for row in (*rows(tiles, 3), turn, [every], *rows(others, 3)) if row]


def empty(project: Project, source: Source, brought: int) -> Wish:
    """Nothing is left out any more; `brought`: pictures that came back."""
    return text(
        f"{head(project)}{esc(source.title)}: {count(brought, 'picture')} brought back, "
        "nothing is left out any more.",
        [[button("▶ Label", at(project, "label")), button("🗂 Sources", at(project, "sources"))]],
    )


def not_painted(project: Project, source: Source) -> Wish:
    """The pictures cannot be shown; the way on."""
    return text(
        f"{head(project)}I couldn't show what was left out of {esc(source.title)}. Try again.",
        [[look(source)]],
    )


def brought_back(pictures: int) -> str:
    """The toast."""
    return f"{count(pictures, 'picture')} back"


def key(shelf: Shelf) -> str:
    """The message of a shelf."""
    return f"shelf:{shelf.id}"
