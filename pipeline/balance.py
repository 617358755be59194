"""How evenly a dataset is filled: classes with few boxes, and pictures with nothing on them."""

from collections.abc import Iterable, Mapping, Sequence

MUCH_FEWER = 10
"""A class with so many times fewer boxes than the fullest is told."""

TOLD = 3

EMPTY_SHARE = 0.1
"""Of the pictures to learn from, at most this much with nothing on them (Ultralytics' advice)."""


def advice(boxes: Mapping[str, int], classes: Sequence[str]) -> list[str]:
    """What to add, in sentences for people: classes without a box, then those with far fewer.

    Args:
        boxes: how many there are of each class.
        classes: those that the project looks for.
    """
    missing = [name for name in classes if not boxes.get(name)]
    there = {name: boxes[name] for name in classes if boxes.get(name)}
    notes = []
    if missing and there:
        notes.append(f"There is no box of {_some(missing, 'or')} yet: add some.")
    most = max(there, key=lambda name: there[name], default="")
    few = sorted(
        (name for name in there if there[name] * MUCH_FEWER <= there[most]),
        key=lambda name: there[name],
    )
    if len(few) == 1:
        times = round(there[most] / there[few[0]])
        notes.append(f"{few[0]} has {times} times fewer boxes than {most}: add some.")
    elif few:
        each = [f"{name} ({round(there[most] / there[name])} times)" for name in few]
        notes.append(f"{_some(each, 'and')} have far fewer boxes than {most}: add some.")
    return notes


def kept_empty(shas: Iterable[str], boxed: int) -> set[str]:
    """Which pictures with nothing on them stay beside `boxed` others to learn from.

    They are taken in the order of their digests: whoever stays does so when more come.
    """
    room = int(boxed * EMPTY_SHARE / (1 - EMPTY_SHARE) + 1e-9)
    return set(sorted(shas)[:room])


def about_empty(left_out: int) -> str:
    """What is said of pictures with nothing on them that did not stay."""
    are = (
        "1 picture with nothing on it is"
        if left_out == 1
        else f"{left_out:,} pictures with nothing on them are"
    )
    return f"{are} left out: one in ten of those to learn from is enough."


def _some(parts: Sequence[str], word: str) -> str:
    shown = list(parts[:TOLD])
    if len(parts) > TOLD:
        shown.append(f"{len(parts) - TOLD} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"
