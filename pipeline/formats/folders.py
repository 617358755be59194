"""Folders named after what is on their pictures: it is known what is there, not where."""

from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from pipeline.formats.base import class_name
from pipeline.formats.pictures import ROLES, SPLITS

MAX_FOLDERS = 1_000


def classes_of(images: Iterable[str], wanted: Collection[str]) -> dict[str, str]:
    """The class of each picture by the folder it lies in; empty where folders name no classes.

    They do where there are at least two side by side, or where one bears the name of a class.

    Args:
        wanted: the project's classes.
    """
    found: dict[str, str] = {}
    beside: dict[str, set[str]] = {}
    for image in images:
        parts = [
            part
            for part in PurePosixPath(image).parent.parts
            if part.lower() not in SPLITS and part.lower() not in ROLES
        ]
        if not parts or not (label := class_name(parts[-1])):
            return {}
        found[image] = label
        beside.setdefault("/".join(parts[:-1]), set()).add(label)
    known = {name.casefold() for name in wanted}
    labels = set(found.values())
    if len(beside) != 1 or len(labels) > MAX_FOLDERS:
        return {}
    if len(labels) > 1 or any(label.casefold() in known for label in labels):
        return found
    return {}
