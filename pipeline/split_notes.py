"""What a split says about itself, in sentences for people."""

from collections.abc import Mapping, Sequence, Set

from pipeline.parts import GAP, TEST, TRAIN, VAL, SplitImage, by_group

FEW_BOXES = 30
"""Fewer boxes than this to judge by say little (see the goals shown while labelling)."""

FEWEST_IMAGES = 3


def sentences(images: Sequence[SplitImage], parts: Mapping[int, str], cut: Set[str]) -> list[str]:
    """What to know before trusting a figure.

    Args:
        images: all of them.
        parts: the part of each by id.
        cut: groups that are videos cut into blocks of time.
    """
    notes = []
    if cut:
        notes.append(_about_blocks(images, parts, cut))
    judging = [image for image in images if parts[image.id] in (VAL, TEST)]
    boxes = sum(image.boxes for image in judging)
    if boxes == 0:
        notes.append("There is no box to judge by: only pictures with nothing on them were left.")
    elif boxes < FEW_BOXES:
        number = "1 box" if boxes == 1 else f"{boxes} boxes"
        notes.append(f"Only {number} to judge by: too few to be sure.")
    known = {label for image in images for label in image.labels}
    learned = {label for image in images if parts[image.id] == TRAIN for label in image.labels}
    judged = {label for image in judging for label in image.labels}
    if unlearned := sorted(known - learned):
        notes.append(f"No picture to learn from shows {_listed(unlearned)}. Add some.")
    if boxes and (unjudged := sorted(known - judged)):
        notes.append(f"No picture to judge by shows {_listed(unjudged)}. Add some.")
    return notes


def what_to_add(images: Sequence[SplitImage]) -> str:
    """Why three parts cannot be made, and what would help."""
    lacking = FEWEST_IMAGES - len(images)
    if lacking > 0:
        return (
            "Training needs at least 3 pictures, some to learn from and some to check with. "
            f"Please add {lacking} more."
        )
    if all(image.part for image in images):
        return "No picture is left to check the model with. Please add other photos or a video."
    if len(by_group(images)) == 1:
        return "All pictures are versions of one. Please add other photos or a video."
    return (
        "The pictures are too alike to learn from some and check with others. "
        "Please add other photos or a video."
    )


def _about_blocks(images: Sequence[SplitImage], parts: Mapping[int, str], cut: Set[str]) -> str:
    left_out = sum(parts[image.id] == GAP for image in images)
    only = all(image.group in cut for image in images)
    videos = "one video" if len(cut) == 1 else f"{len(cut)} videos"
    where = f"All pictures come from {videos}: " if only else f"Frames of {videos} are shared out: "
    gaps = f", with {_pictures(left_out)} left out in between" if left_out else ""
    return (
        f"{where}the model learns from some stretches of time and is judged on others{gaps}. "
        "On new videos it may do worse."
    )


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
