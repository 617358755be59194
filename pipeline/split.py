"""Who learns and who judges: train, val and test, 80/10/10 by group, assigned once.

A group (one video, one photo's augmentations, near duplicates) never stands on both sides, so a
score says how the model does on pictures it has not seen. Only where there are too few groups for
three parts are videos cut into blocks of time (see blocks.py), and the result says so.
"""

from collections.abc import Mapping, Sequence

from pipeline import blocks, split_notes
from pipeline.errors import DatasetError
from pipeline.parts import GAP, PARTS, SplitImage, SplitResult, by_group
from pipeline.split_units import Dealer, Unit

__all__ = ["SplitImage", "SplitResult", "assign", "leaks"]


def assign(images: Sequence[SplitImage], *, seed: int = 0) -> SplitResult:
    """A part for every image; stored ones keep theirs, whatever is added.

    The same images and seed give the same answer, in any order of `images`.

    Raises:
        DatasetError: no three parts can be made; the sentence says what to add.
    """
    images = sorted(images, key=lambda image: image.id)
    groups = by_group(images)
    parts: dict[int, str] = {}
    fresh = []
    for key, group in groups.items():
        if any(image.part for image in group):
            parts |= _follow(group)
        else:
            fresh.append(Unit(tuple(group), key))
    parts |= _assign_fresh(images, parts, fresh, seed)
    if any(part not in parts.values() for part in PARTS):
        raise DatasetError(split_notes.what_to_add(images))
    cut = blocks.block_groups(images, parts)
    return SplitResult(parts, split_notes.sentences(images, parts, cut), bool(cut))


def leaks(images: Sequence[SplitImage], parts: Mapping[int, str]) -> int:
    """How many groups stand on both sides, left-out frames aside.

    Videos cut into blocks of time do so by intent and are not counted: `SplitResult.blocks` and its
    notes tell of them.
    """
    cut = blocks.block_groups(images, parts)
    return sum(
        len({parts[image.id] for image in group} - {GAP}) > 1
        for key, group in by_group(images).items()
        if key not in cut
    )


def _follow(group: Sequence[SplitImage]) -> dict[int, str]:
    known = {image.id: image.part for image in group if image.part}
    stored = set(known.values())
    settled = [
        (image.seconds, image.part)
        for image in blocks.in_time(group)
        if image.part and image.seconds is not None
    ]
    followed = dict(known)
    for image in group:
        if image.id not in known:
            # Several stored parts: a cut video, or groups that turned out to be alike later.
            followed[image.id] = (
                next(iter(stored)) if len(stored) == 1 else blocks.part_between(image, settled)
            )
    return followed


def _assign_fresh(
    images: Sequence[SplitImage], settled: Mapping[int, str], fresh: list[Unit], seed: int
) -> dict[int, str]:
    any_boxes = any(image.boxes for image in images)
    judged = {
        settled[image.id]
        for image in images
        if image.id in settled and (image.boxes or not any_boxes)
    }
    missing = [part for part in PARTS if part not in judged]
    useful = [unit for unit in fresh if unit.boxes or not any_boxes]
    videos = [unit for unit in useful if blocks.is_video(unit.images)]
    if len(missing) > len(useful) and videos:
        units = [unit for unit in fresh if unit not in videos]
        frames = sum(len(unit.images) for unit in videos)
        for video in videos:
            count = max(1, round(blocks.BLOCKS * len(video.images) / frames))
            cut = blocks.cut(video.images, count)
            units += [
                Unit(tuple(block), video.group, place, edge=place in (0, len(cut) - 1))
                for place, block in enumerate(cut)
            ]
    else:
        videos, units = [], fresh
    parts = Dealer(images, settled, units, missing, seed).deal()
    for video in videos:
        parts |= dict.fromkeys(blocks.gaps(video.images, parts), GAP)
    return parts
