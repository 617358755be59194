"""What people write beside a drawing: a class, or cells of the grid such as `car B2-D4`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import UserError
from pipeline.labelling.cells import Cell, Grid
from pipeline.labelling.names import match_classes

MOST_NAMED = 8
MOST_ENTRIES = 24
_CELL = r"[A-Za-z][0-9]{1,2}"
_TO = r"\s*(?:-|–|—|:|\.\.\.?|…|/|to\b|\s)\s*"
# The last ones of each line: a class may be called B2.
_PAIR = re.compile(rf".*\b({_CELL}){_TO}({_CELL})\b")
_SINGLE = re.compile(rf".*\b({_CELL})\b")
_BETWEEN = re.compile(r"[,;\n]+")


class UnknownClass(UserError):
    """That is none of this project's classes."""


class NoCells(UserError):
    """Draw on the photo, or write two cells of its grid, such as B2-D4."""


@dataclass(frozen=True)
class Entry:
    """One box in words: two opposite cells, and its class or nothing."""

    one: Cell
    other: Cell
    label: str


def class_meant(classes: Sequence[str], words: str) -> str:
    """The class that is named; the only one where nothing is; else empty: nobody said.

    Raises:
        UnknownClass: something is written, and it names none of the classes, or several.
    """
    said = " ".join(words.split())
    if not any(letter.isalnum() for letter in said):
        return classes[0] if len(classes) == 1 else ""
    exact = [name for name in classes if name.casefold() == said.casefold()]
    # `two cats` names the cat as well as `cat` does.
    named = exact or _within(classes, said)
    if len(named) != 1:
        raise UnknownClass(_sentence(classes, said, several=len(named) > 1))
    return named[0]


def _within(classes: Sequence[str], said: str) -> list[str]:
    words = re.findall(r"[^\W_]+(?:[-_'’][^\W_]+)*", said)
    found = set(match_classes([said], classes))
    for length in range(1, min(4, len(words)) + 1):
        for at in range(len(words) - length + 1):
            found |= set(match_classes([" ".join(words[at : at + length])], classes))
    return [classes[index] for index in sorted(found)]


def _sentence(classes: Sequence[str], said: str, *, several: bool) -> str:
    shown = [*classes[:MOST_NAMED]]
    if len(classes) > MOST_NAMED:
        shown.append(f"{len(classes) - MOST_NAMED} more")
    names = " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    if several:
        return f"Name one class for all of it, or draw each in its colour. The classes: {names}."
    what = "The only class here is" if len(classes) == 1 else "The classes here are"
    return f"I don't know “{said[:40]}”. {what} {names}."


def names_cells(words: str) -> bool:
    """Whether the words look like two cells of a grid, not like talk."""
    entries = [entry for entry in _BETWEEN.split(words) if entry.strip()]
    return bool(entries) and all(_PAIR.match(entry) for entry in entries)


def has_cell(words: str) -> bool:
    """Whether a cell is named somewhere in the words."""
    return any(_SINGLE.match(line) for line in words.splitlines())


def entries(words: str, classes: Sequence[str], grid: Grid) -> list[Entry]:
    """The boxes that the words describe: one a line, or between commas.

    Raises:
        NoSuchCell: a cell lies beyond the grid.
        UnknownClass: what stands beside the cells is no class.
        NoCells: there are no cells in one of them, or far too many boxes.
    """
    parts = [part for part in _BETWEEN.split(words) if part.strip()]
    if not 0 < len(parts) <= MOST_ENTRIES:
        raise NoCells
    return [_entry(part, classes, grid) for part in parts]


def _entry(part: str, classes: Sequence[str], grid: Grid) -> Entry:
    found = _PAIR.match(part) or _SINGLE.match(part)
    if found is None:
        raise NoCells
    names = found.groups()
    rest = f"{part[: found.start(1)]} {part[found.end() :]}"
    label = class_meant(classes, rest.strip(" :=-"))
    return Entry(grid.named(names[0]), grid.named(names[-1]), label)
