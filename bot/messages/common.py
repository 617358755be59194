"""Pieces that many messages share."""

from bot.wishes import esc
from storage.models import Project

BAR = 10
SOME = 12


def head(project: Project | None) -> str:
    """The project's name, which heads every message."""
    return f"<b>{esc(project.name)}</b> · " if project else ""


def at(project: Project, verb: str) -> str:
    """The verb of a button that means this project, whatever its chat works on by then."""
    return f"{verb}@{project.id}"


def bar(share: float) -> str:
    """A progress bar for 0..1."""
    full = round(max(0.0, min(1.0, share)) * BAR)
    return "▓" * full + "░" * (BAR - full)


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 picture`, `2 pictures`, `1,200 pictures`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: list[str]) -> str:
    """`a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def duration(seconds: float) -> str:
    """`40 s`, `1:40 min`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def in_bytes(amount: int) -> str:
    """`5.9 MB`, `12 kB`."""
    return f"{amount / 1e6:.1f} MB" if amount >= 1e5 else f"{max(1, round(amount / 1e3))} kB"


def plural(label: str) -> str:
    """A class name for several of them: `cats`, `boxes`; names that are no English stay."""
    if not label.isascii() or not label[-1:].isalpha():
        return label
    hissing = label.lower().endswith(("s", "x", "z", "ch", "sh"))
    return f"{label}es" if hissing else f"{label}s"


def some(parts: list[str], between: str = ", ") -> str:
    """The first `SOME` of the parts, and how many more there are."""
    more = [f"and {len(parts) - SOME:,} more"] if len(parts) > SOME else []
    return between.join(parts[:SOME] + more)
