"""Who learns and who judges: groups stay together, parts stay put, nothing is empty."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DatasetError
from pipeline.split import SplitImage, assign, leaks

LABELS = ("cat", "dog", "owl")
EXAMPLES = settings(deadline=None, max_examples=50)


def photos(count: int, *, copies: int = 1, first: int = 0, label: str = "cat") -> list[SplitImage]:
    """`count` groups of `copies` images with one box each."""
    return [
        SplitImage(
            first + place * copies + copy,
            f"photo{first + place}",
            1,
            boxes=1,
            labels=frozenset({label}),
        )
        for place in range(count)
        for copy in range(copies)
    ]


def video(
    count: int, *, name: str = "video", first: int = 100_000, every: float = 1.0, label: str = "cat"
) -> list[SplitImage]:
    """A video's frames with one box each."""
    return [
        SplitImage(first + place, name, 2, place * every, None, 1, frozenset({label}))
        for place in range(count)
    ]


def stored(images: list[SplitImage], parts: dict[int, str]) -> list[SplitImage]:
    """The images as they are read again, with their parts."""
    return [replace(image, part=parts[image.id]) for image in images]


def drawn(images: list[SplitImage], parts: dict[int, str]) -> str:
    """The parts in order of time, a letter each."""
    letters = {"train": "t", "val": "V", "test": "T", "gap": "."}
    return "".join(letters[parts[image.id]] for image in images)


@st.composite
def collections(draw: st.DrawFn, *, least_groups: int = 0) -> list[SplitImage]:
    """Groups of photos and videos with boxes of some classes."""
    images: list[SplitImage] = []
    first = draw(st.integers(0, 1000))
    for group in range(draw(st.integers(least_groups, 25))):
        timed = draw(st.booleans())
        for place in range(draw(st.integers(1, 12))):
            labels = frozenset(draw(st.sets(st.sampled_from(LABELS))))
            images.append(
                SplitImage(
                    first + len(images),
                    f"group{first}-{group}",
                    group,
                    float(place) if timed else None,
                    boxes=len(labels),
                    labels=labels,
                )
            )
    return images


@EXAMPLES
@given(collections(least_groups=3), st.integers(0, 3))
def test_no_group_stands_on_both_sides(images: list[SplitImage], seed: int) -> None:
    """Where groups suffice, none is cut: no leak, and no part is empty."""
    result = assign(images, seed=seed)
    assert leaks(images, result.parts) == 0
    assert set(result.parts) == {image.id for image in images}
    assert {"train", "val", "test"} <= set(result.parts.values())
    labelled = {image.group for image in images if image.boxes}
    if len(labelled) >= 3:
        assert not result.blocks


@EXAMPLES
@given(collections(least_groups=3), collections(), st.integers(0, 3))
def test_adding_images_moves_none(old: list[SplitImage], new: list[SplitImage], seed: int) -> None:
    """Stored parts stay whatever is added, and what joins a group follows it."""
    first = assign(old, seed=seed)
    joining = [
        replace(image, id=image.id + 500_000, part=None) for image in old if image.id % 3 == 0
    ]
    more = [replace(image, id=image.id + 1_000_000, group="n" + image.group) for image in new]
    second = assign([*stored(old, first.parts), *joining, *more], seed=seed + 1)
    assert {image.id: second.parts[image.id] for image in old} == first.parts
    assert leaks([*old, *joining, *more], second.parts) == 0


@EXAMPLES
@given(collections(least_groups=3), st.randoms(use_true_random=False))
def test_the_order_of_images_does_not_matter(images: list[SplitImage], random: object) -> None:
    """The same images and seed give the same parts in any order."""
    shuffled = list(images)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object
    assert assign(images).parts == assign(shuffled).parts


@EXAMPLES
@given(st.integers(3, 80), st.floats(0.1, 5))
def test_one_video_is_cut_into_blocks(count: int, every: float) -> None:
    """One video gives three non-empty parts, gaps of a fifth at most, and says so."""
    images = video(count, every=every)
    result = assign(images)
    parts = Counter(result.parts.values())
    assert result.blocks
    assert "one video" in result.notes[0]
    assert min(parts["train"], parts["val"], parts["test"]) >= 1
    assert parts["gap"] <= count * 0.2
    assert parts["train"] >= parts["val"]
    assert leaks(images, result.parts) == 0
    if count >= 10:
        runs = [run for run in drawn(images, result.parts).split(".") if run]
        assert all(len(set(run)) == 1 for run in runs), "parts touch without a gap"


def test_gaps_are_two_seconds_wide() -> None:
    """Between the parts of a long video no two frames are within two seconds."""
    images = video(400, every=0.5)
    result = assign(images)
    kept = [image for image in images if result.parts[image.id] != "gap"]
    for one, other in pairwise(kept):
        if result.parts[one.id] != result.parts[other.id]:
            assert (other.seconds or 0) - (one.seconds or 0) > 2


def test_blocks_follow_the_boxes() -> None:
    """Where only a stretch of a video shows something, that stretch is shared out."""
    images = [
        replace(image, boxes=int(40 <= place < 60))
        if 40 <= place < 60
        else replace(image, boxes=0, labels=frozenset())
        for place, image in enumerate(video(200))
    ]
    parts = assign(images).parts
    boxes = Counter(parts[image.id] for image in images if image.boxes)
    assert min(boxes["train"], boxes["val"], boxes["test"]) >= 2


def test_later_frames_of_a_cut_video_follow_their_neighbours() -> None:
    """A frame between two of one part joins them; one between two parts is left out."""
    images = video(50)
    first = assign(images)
    later = [
        replace(image, id=image.id + 1000, seconds=(image.seconds or 0) + 0.5) for image in images
    ]
    second = assign([*stored(images, first.parts), *later])
    assert {image.id: second.parts[image.id] for image in images} == first.parts
    for before, after, new in zip(images, images[1:], later, strict=False):
        around = {first.parts[before.id], first.parts[after.id]}
        assert second.parts[new.id] == (around.pop() if len(around) == 1 else "gap")


def test_photos_added_to_a_cut_video_keep_it_cut() -> None:
    """Photos that come later are shared out as groups; the video's parts stay."""
    images = video(50)
    first = assign(images)
    second = assign([*stored(images, first.parts), *photos(40)])
    assert {image.id: second.parts[image.id] for image in images} == first.parts
    shares = Counter(second.parts[image.id] for image in photos(40))
    assert (shares["val"], shares["test"]) == (4, 4)
    assert second.blocks
    assert "Frames of one video" in second.notes[0]


def test_many_groups_are_split_eighty_ten_ten() -> None:
    """Five thousand groups of mixed sizes come out near 80/10/10."""
    images = [
        image
        for place in range(5000)
        for image in photos(1, copies=1 + place % 5, first=place * 10, label=LABELS[place % 3])
    ]
    parts = Counter(assign(images).parts.values())
    assert parts["train"] / len(images) == pytest.approx(0.8, abs=0.02)
    assert parts["val"] / len(images) == pytest.approx(0.1, abs=0.015)
    assert parts["test"] / len(images) == pytest.approx(0.1, abs=0.015)


def test_seeds_give_different_splits() -> None:
    """Another seed chooses other groups."""
    images = photos(50)
    assert assign(images, seed=1).parts != assign(images, seed=2).parts


def test_rare_classes_are_learned_first_then_judged() -> None:
    """Of a class with three groups each part gets one; of a class with one, train has it."""
    images = [
        *photos(60),
        *photos(3, first=1000, label="owl"),
        *photos(1, first=2000, label="dog"),
    ]
    result = assign(images)
    owls = {result.parts[image.id] for image in images if "owl" in image.labels}
    assert owls == {"train", "val", "test"}
    assert result.parts[2000] == "train"
    assert "No picture to judge by shows dog. Add some." in result.notes


def test_a_large_video_is_learned_from() -> None:
    """Beside enough photos, a video that is most of the images goes to train."""
    images = [*video(300), *photos(40)]
    for seed in range(5):
        assert {assign(images, seed=seed).parts[i.id] for i in video(300)} == {"train"}


def test_pictures_without_boxes_do_not_count_as_judges() -> None:
    """One labelled video among empty photos is cut, so that val and test hold boxes."""
    empty = [SplitImage(place, f"empty{place}", 3) for place in range(40)]
    images = [*video(60), *empty]
    result = assign(images)
    for part in ("val", "test"):
        assert any(image.boxes and result.parts[image.id] == part for image in images)
    assert result.blocks


def test_a_part_that_lost_its_pictures_is_filled_again() -> None:
    """When the pictures of a part were removed, new ones take their place."""
    images = photos(30)
    first = assign(images)
    rest = [i for i in stored(images, first.parts) if i.part != "test"]
    with pytest.raises(DatasetError, match="No picture is left to check"):
        assign(rest)
    second = assign([*rest, *photos(2, first=500)])
    assert "test" in second.parts.values()


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([], "add 3 more"),
        (photos(2), "add 1 more"),
        (video(2), "add 1 more"),
        (photos(1, copies=9), "versions of one"),
        (photos(2, copies=9), "too alike"),
    ],
)
def test_too_little_is_refused_in_words(images: list[SplitImage], words: str) -> None:
    """Where three parts are impossible, one sentence says what to add."""
    with pytest.raises(DatasetError, match=words):
        assign(images)


def test_few_boxes_to_judge_by_are_told() -> None:
    """Under thirty boxes in val and test the result says that this is little."""
    assert "Only 2 boxes to judge by: too few to be sure." in assign(photos(10)).notes
    assert assign(photos(300)).notes == []


def test_leaks_counts_groups_on_both_sides() -> None:
    """A group of photos in two parts is counted, left-out images and cut videos are not."""
    images = [*photos(5, copies=2), *video(30)]
    parts = {image.id: "train" for image in images}
    assert leaks(images, parts) == 0
    parts[0] = "val"
    parts[2] = "gap"
    assert leaks(images, parts) == 1
    frames = video(30)
    assert leaks(frames, assign(frames).parts) == 0
    shuffled = {frame.id: ("train", "val")[frame.id % 2] for frame in frames}
    assert leaks(frames, shuffled) == 1
