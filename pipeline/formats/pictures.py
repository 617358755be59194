"""Which picture a label file means: names differ in folder, case and ending."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val"}
SPLITS |= {"test": "test", "testing": "test"}

# Folders that tell pictures from labels; without them both lie in the same place.
ROLES = {"images", "image", "img", "imgs", "jpegimages", "photos", "pictures", "data"}
ROLES |= {"labels", "label", "annotations", "annotation", "ann", "xml", "xmls", "txt", "coco"}

MOST_COMPARED = 2_000
"""Pictures of one name whose folders are compared; more are made to waste time."""


class Pictures:
    """The pictures of an archive by file name and by stem, without case."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_base: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._by_place: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name in sorted(names):
            base = PurePosixPath(name).name.lower()
            self._by_base[base].append(name)
            self._by_stem[_stem(base)].append(name)
            self._by_place[_place(PurePosixPath(name).parent.parts, base)].append(name)

    def find(self, label_file: str, *wanted: str) -> str | None:
        """The picture that `label_file` means by the first of `wanted` that is here.

        `wanted` are file names (perhaps with folders, of any system) or bare stems. Among pictures
        of one name the one in the folder most like the label's is meant; never one of another
        split, since train/1.jpg and valid/1.jpg are different pictures.
        """
        for want in wanted:
            path = PurePosixPath(want.replace("\\", "/"))
            base = path.name.lower()
            folders = [*PurePosixPath(label_file).parent.parts, *path.parent.parts]
            if beside := self._by_place.get(_place(folders, base)):
                return max(beside, key=lambda name: _exactness(name, path.name))
            found = self._by_base.get(base) or self._by_stem.get(_stem(base)) or []
            usable = [name for name in found[:MOST_COMPARED] if _same_split(folders, name)]
            if usable:
                return max(usable, key=lambda name: _likeness(folders, name, path.name))
        return None


def _stem(base: str) -> str:
    for ending in (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".heic"):
        if base.endswith(ending):
            return base.removesuffix(ending)
    # Roboflow's names hold dots (a_jpg.rf.HASH): only known endings are cut off.
    for ending in (".txt", ".xml", ".json", ".jpe", ".jfif", ".heif", ".avif"):
        if base.endswith(ending):
            return base.removesuffix(ending)
    return base


def _place(folders: Iterable[str], base: str) -> tuple[str, ...]:
    """Where a picture or its label lies, less what tells the two apart."""
    kept = [part.lower() for part in folders if part.lower() not in ROLES]
    return (*kept, _stem(base))


def _exactness(name: str, wanted: str) -> tuple[bool, bool]:
    base = PurePosixPath(name).name
    return base.lower() == wanted.lower(), base == wanted


def _split(parts: Iterable[str]) -> str | None:
    return next((SPLITS[p.lower()] for p in parts if p.lower() in SPLITS), None)


def _same_split(hints: list[str], name: str) -> bool:
    ours, theirs = _split(hints), _split(PurePosixPath(name).parent.parts)
    return ours is None or theirs is None or ours == theirs


def _likeness(hints: list[str], name: str, wanted: str) -> tuple[int, tuple[bool, bool]]:
    folders = {part.lower() for part in PurePosixPath(name).parent.parts}
    shared = len(folders & {part.lower() for part in hints})
    return shared, _exactness(name, wanted)
