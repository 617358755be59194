"""Dataset versions side by side, and one that is trained on again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from storage import datasets, images, sources
from storage.files import FileStore
from storage.models import DatasetVersion, Json, Project

Rows = list[tuple[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Difference:
    """What is another in a newer manifest, counted in pictures; `boxes` by class, before and after.

    `relabelled`: pictures of both whose boxes are not the same. `moved`: those in another part.
    """

    added: int
    removed: int
    relabelled: int
    moved: int
    boxes: Mapping[str, tuple[int, int]]

    @property
    def same(self) -> bool:
        """Whether a training would learn the same from both."""
        return not (self.added or self.removed or self.relabelled or self.moved)


def compare(old: Json, new: Json) -> Difference:
    """How the manifest `new` differs from `old`; pictures are known by their sha256."""
    before = {image["sha256"]: image for image in old["images"]}
    after = {image["sha256"]: image for image in new["images"]}
    both = before.keys() & after.keys()
    first, second = _by_class(old), _by_class(new)
    return Difference(
        added=len(after) - len(both),
        removed=len(before) - len(both),
        relabelled=sum(_boxes(old, before[sha]) != _boxes(new, after[sha]) for sha in both),
        moved=sum(before[sha]["part"] != after[sha]["part"] for sha in both),
        # As the newer one orders its classes, then what it no longer has.
        boxes={name: (first[name], second[name]) for name in [*second, *(first.keys() - second)]},
    )


def _boxes(manifest: Json, image: Json) -> Rows:
    # By name: the same class may have another number in another version.
    names = manifest["classes"]
    return sorted((names[int(index)], tuple(place)) for index, *place in image["boxes"])


def _by_class(manifest: Json) -> Counter[str]:
    counts = Counter(dict.fromkeys(manifest["classes"], 0))
    for image in manifest["images"]:
        counts.update(manifest["classes"][int(row[0])] for row in image["boxes"])
    return counts


def restore(
    project: Project, version: DatasetVersion, *, files: FileStore, session: Session
) -> int:
    """Let the next training take exactly this version.

    Returns how many of its pictures are of sources that were removed or paused since.
    """
    project.restored_id = version.id
    session.add(project)
    manifest = datasets.read(version, files=files)
    assert project.id is not None
    there = sources.live_ids(project.id, session=session)
    rows = images.rows([image["id"] for image in manifest["images"]], session=session)
    return sum(row.source_id not in there for row in rows.values())


def release(project: Project, *, session: Session) -> None:
    """The next training takes what is there by then."""
    project.restored_id = None
    session.add(project)
