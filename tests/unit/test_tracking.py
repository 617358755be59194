"""Carrying boxes between frames: what is found, what is not, and how far it is believed."""

import math
from collections.abc import Sequence

import pytest
from PIL import Image

from pipeline.tracking.carry import LEAST, Pair
from pipeline.tracking.follow import Followed, Known, Still, follow
from pipeline.tracking.frame import Frame
from pipeline.tracking.link import Linker, Seen
from pipeline.tracking.overlap import Box, iou
from tests.support.moving import Camera, Toy, shot

HERE = Toy(480, 360)


def pair(one: Image.Image, other: Image.Image) -> Pair:
    """Two frames made ready."""
    return Pair.of(Frame(one), Frame(other))


def test_overlap_is_shared_by_joined_area() -> None:
    """Equal boxes share all, neighbours nothing, half-covered ones a third."""
    box = (0.0, 0.0, 0.2, 0.2)
    assert iou(box, box) == pytest.approx(1)
    assert iou(box, (0.2, 0.0, 0.4, 0.2)) == 0
    assert iou(box, (0.1, 0.0, 0.3, 0.2)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "camera",
    [Camera(), Camera(x=530), Camera(400, 300), Camera(zoom=1.25), Camera(500, 340, 0.8)],
    ids=["still", "pan", "diagonal", "nearer", "farther"],
)
def test_a_box_stays_on_its_object_while_the_camera_moves(camera: Camera) -> None:
    """Pans of a fifth of the picture and zooms of a quarter are followed, in other light too."""
    one, (box,) = shot([HERE])
    other, (truth,) = shot([HERE], camera, light=0.85)
    carried = pair(one, other).carry(box)
    assert carried is not None
    assert iou(carried.box, truth) > 0.85
    assert carried.confidence > 0.7


@pytest.mark.parametrize(("x", "y", "size"), [(580, 330, 90), (400, 420, 105), (480, 280, 78)])
def test_an_object_that_moves_by_itself_is_found(x: float, y: float, size: float) -> None:
    """It may move by its own size and grow or shrink a little while the ground stays."""
    one, (box,) = shot([HERE])
    other, (truth,) = shot([Toy(x, y, size)])
    carried = pair(one, other).carry(box)
    assert carried is not None
    assert iou(carried.box, truth) > 0.7


def test_a_cut_carries_nothing() -> None:
    """Another scene is noticed, whatever lies in it."""
    one, (box,) = shot([HERE])
    other, _ = shot([Toy(420, 300, look=2)], world=7)
    parted = pair(one, other)
    assert parted.cut
    assert parted.carry(box) is None
    assert parted.stayed(box) == []


def test_an_object_that_went_away_is_not_carried() -> None:
    """Where it was is only ground now: nothing rather than rubbish."""
    one, (box,) = shot([HERE])
    other, _ = shot([])
    assert pair(one, other).carry(box) is None


def test_an_object_that_left_the_picture_is_not_carried() -> None:
    """Less than half of it left is too little."""
    one, (box,) = shot([Toy(620, 360)])
    other, _ = shot([Toy(620, 360)], Camera(x=360))
    assert pair(one, other).carry(box) is None


def test_a_carried_box_never_leaves_the_picture() -> None:
    """Of an object partly outside the box is the part that shows."""
    one, (box,) = shot([Toy(620, 360)])
    other, (truth,) = shot([Toy(620, 360)], Camera(x=400))
    carried = pair(one, other).carry(box)
    assert carried is not None
    assert carried.box[2] == 1.0
    assert iou(carried.box, truth) > 0.7


def test_more_of_a_cut_off_object_makes_less_sure() -> None:
    """A box at the border that moves inwards lacks what came in."""
    camera = Camera(x=275)
    one, (box,) = shot([HERE], camera)
    assert box[2] == 1.0
    other, _ = shot([HERE], Camera(x=300))
    whole, _ = shot([HERE], Camera(x=340))
    a_little, a_lot = pair(one, other).carry(box), pair(one, whole).carry(box)
    assert a_little is not None
    assert a_lot is None or a_lot.confidence < a_little.confidence


def test_plain_pictures_and_specks_are_no_error() -> None:
    """Nothing to see, or a box of no size, is simply not carried."""
    grey = Image.new("RGB", (320, 240), (128, 128, 128))
    assert pair(grey, grey).carry((0.4, 0.4, 0.6, 0.6)) is None
    one, _ = shot([HERE])
    assert pair(one, one).carry((0.5, 0.5, 0.5, 0.5)) is None
    assert pair(one, one).carry((0.5, 0.5, 0.503, 0.9)) is None


def clip(places: Sequence[Sequence[Toy]]) -> tuple[list[Frame], list[list[Box]]]:
    """Frames with these toys each, and the boxes of those."""
    shots = [shot(toys) for toys in places]
    return [Frame(image) for image, _ in shots], [boxes for _, boxes in shots]


def followed(frames: list[Frame], stills: list[Still]) -> dict[int, list[Followed]]:
    """What is carried, by frame."""
    found: dict[int, list[Followed]] = {}
    for one in follow(stills, frames.__getitem__):
        found.setdefault(one.at, []).append(one)
    return found


WALK = [[Toy(360 + 45 * step, 360)] for step in range(6)]


def test_a_confirmed_box_is_carried_both_ways_and_fades() -> None:
    """Each frame farther away is believed less; all boxes are one track of that parent."""
    frames, truth = clip(WALK)
    stills = [Still() for _ in frames]
    stills[2] = Still((Known(7, "toy", truth[2][0], start=True),))
    found = followed(frames, stills)
    assert set(found) == {0, 1, 3, 4, 5}
    for at, (one,) in found.items():
        assert iou(one.box, truth[at][0]) > 0.7
        assert (one.parent, one.track, one.label) == (7, 7, "toy")
        assert LEAST <= one.confidence < 1
    assert found[3][0].confidence > found[4][0].confidence > found[5][0].confidence
    assert found[1][0].confidence > found[0][0].confidence


def test_settled_frames_and_decided_objects_end_the_way() -> None:
    """Nothing is added where all is known, nor beyond it; an object that is decided has arrived."""
    frames, truth = clip(WALK)
    start = Still((Known(7, "toy", truth[2][0], start=True),))
    stills = [
        Still(),
        Still((Known(8, "toy", truth[1][0]),)),
        start,
        Still(),
        Still(settled=True),
        Still(),
    ]
    assert set(followed(frames, stills)) == {3}


def test_a_box_that_waits_for_an_answer_is_passed_over() -> None:
    """An open guess of that class there is not doubled, and the way goes on behind it."""
    frames, truth = clip(WALK)
    stills = [Still() for _ in frames]
    stills[2] = Still((Known(7, "toy", truth[2][0], start=True),))
    stills[3] = Still((Known(8, "toy", truth[3][0], decided=False),))
    assert set(followed(frames, stills)) == {0, 1, 4, 5}
    stills[3] = Still((Known(8, "another class", truth[3][0], decided=False),))
    assert 3 in followed(frames, stills)


def test_two_ways_to_one_object_make_one_track() -> None:
    """Between two confirmed boxes both ways agree: one box a frame, surer than either."""
    frames, truth = clip(WALK)
    ends = {at: Still((Known(at, "toy", truth[at][0], start=True),)) for at in (0, 4)}
    found = followed(frames, [ends.get(at, Still()) for at in range(5)])
    assert {at: len(boxes) for at, boxes in found.items()} == {1: 1, 2: 1, 3: 1}
    assert {one.track for boxes in found.values() for one in boxes} == {0}
    alone = followed(frames, [ends[0], *[Still()] * 4])
    assert found[2][0].confidence > alone[2][0].confidence


def test_frames_without_anything_on_its_way_are_not_read() -> None:
    """A long clip costs what is carried through it."""
    frames, truth = clip(WALK)
    read: list[int] = []

    def load(at: int) -> Frame:
        read.append(at)
        return frames[at]

    stills = [Still(settled=True) for _ in frames]
    stills[3] = Still((Known(7, "toy", truth[3][0], start=True),), settled=True)
    shares: list[float] = []
    assert follow(stills, load, shares.append) == []
    assert set(read) == {2, 3, 4}
    assert shares == sorted(shares)
    assert math.isclose(shares[-1], 1)


def test_a_models_boxes_of_one_object_get_one_number() -> None:
    """Over a frame in which the model missed it too; what is seen once gets none."""
    frames, truth = clip(WALK)
    linker = Linker()
    for at, frame in enumerate(frames):
        seen = [] if at == 2 else [Seen("toy", truth[at][0])]
        linker.add(
            "clip", frame, [*seen, Seen("toy", (0.02 + 0.15 * at, 0.0, 0.06 + 0.15 * at, 0.05))]
        )
    numbers = linker.tracks()
    assert [len(one) for one in numbers] == [2, 2, 1, 2, 2, 2]
    first = numbers[0][0]
    assert first is not None
    assert [one[0] for at, one in enumerate(numbers) if at != 2] == [first] * 5
    assert {one[-1] for one in numbers} == {None}


def test_photos_other_clips_and_other_classes_are_not_linked() -> None:
    """Only frames of one clip in a row continue a track, and only of the same class."""
    image, (box,) = shot([HERE])
    frame = Frame(image)
    linker = Linker()
    linker.add(None, None, [Seen("toy", box)])
    linker.add("one", frame, [Seen("toy", box)])
    linker.add("two", frame, [Seen("toy", box)])
    linker.add("two", frame, [Seen("ball", box)])
    assert linker.tracks() == [[None]] * 4
