"""Finger drawings read back as boxes: rescaled, recompressed, in any pen."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from pipeline.errors import DrawingError
from pipeline.labelling.compare import SAME
from pipeline.labelling.decode import UnreadablePicture
from pipeline.labelling.ink import closest, read_ink, same_picture
from pipeline.labelling.request import render_request
from pipeline.labelling.stroke import Ink
from tests.support import pen

SIZE = (640, 480)


def scene(seed: int) -> Image.Image:
    """A picture with texture, shades and shapes."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 215, (9, 12, 3)).astype(np.uint8)
    image = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        x, y, r = rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1]), rng.uniform(5, 60)
        shade = tuple(int(value) for value in rng.uniform(20, 235, 3))
        draw.ellipse((x - r, y - r * 0.7, x + r, y + r * 0.7), fill=shade)
    noise = rng.normal(0, 6, (SIZE[1], SIZE[0], 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def request_of(image: Image.Image) -> bytes:
    """What the bot sends for drawing on."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return render_request(out.getvalue())


@pytest.fixture(scope="module")
def sent() -> bytes:
    """One request that most tests draw on."""
    return request_of(scene(1))


def opened(data: bytes) -> Image.Image:
    """The picture in `data`."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def circle(x: float, y: float, radius: float, *, turns: float = 1.0) -> pen.Points:
    """A round stroke."""
    angle = 0.3 + np.linspace(0, 2 * np.pi * turns, int(120 * turns))
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def line(*points: tuple[float, float]) -> pen.Points:
    """A stroke of straight pieces."""
    return np.array(points, dtype=float)


def read(sent: bytes, *strokes: pen.Points, colour: pen.Colour = pen.RED, width: float = 7) -> Ink:
    """Draw on the request, send it back, read it."""
    drawn = pen.draw(opened(sent), list(strokes), colour=colour, width=width)
    return read_ink(sent, pen.sent_back(drawn))


def assert_boxes(ink: Ink, sent: bytes, *strokes: pen.Points, least: float = 0.9) -> None:
    """One box a stroke, near its centre line's."""
    image = opened(sent)
    wanted = [pen.bounds(stroke, image) for stroke in strokes]
    assert len(ink.boxes) == len(wanted)
    for want in wanted:
        assert max(pen.iou(want, box) for box in ink.boxes) > least


def measure(pictures: list[bytes], hand: pen.Hand, count: int) -> tuple[list[float], int]:
    """Each drawn loop's IoU with what was read, over `count` drawings; boxes too many."""
    rng = np.random.default_rng(20)
    ious: list[float] = []
    extra = 0
    while count:
        sent = pictures[int(rng.integers(len(pictures)))]
        drawn = pen.drawing(opened(sent), hand, rng)
        if drawn is None:
            continue
        count -= 1
        back, truth = drawn
        try:
            boxes = read_ink(sent, back).boxes
        except DrawingError:
            boxes = ()
        extra += max(0, len(boxes) - len(truth))
        ious += [max((pen.iou(want, box) for box in boxes), default=0.0) for want in truth]
    return ious, extra


def assert_accurate(ious: list[float], extra: int) -> None:
    """Mean IoU at least 0.92, 98 % over 0.7, hardly a box that nobody drew."""
    assert np.mean(ious) >= 0.92
    assert np.mean(np.array(ious) > 0.7) >= 0.98
    assert extra <= len(ious) * 0.01


@pytest.fixture(scope="module")
def rendered() -> list[bytes]:
    """Requests that show rendered pictures."""
    return [request_of(scene(seed)) for seed in range(4)]


@pytest.mark.parametrize("name", list(pen.HANDS))
def test_loops_on_rendered_pictures_are_read(name: str, rendered: list[bytes]) -> None:
    """Open, crossing, thin, thick, several loops and others, at half size and quality 70."""
    assert_accurate(*measure(rendered, pen.HANDS[name], 3))


def test_loops_on_photos_are_read(shared_data: Path) -> None:
    """The same on real photos and frames; `python -m bench ink` measures many more."""
    files = [
        *sorted((shared_data / "bccd/JPEGImages").glob("*.jpg"))[::60],
        *sorted((shared_data / "apple_coco/train").glob("*.jpg"))[::20],
        *sorted((shared_data / "garbage_yolo/train/images").glob("*.jpg"))[::12],
    ]
    pictures = [render_request(file) for file in files]
    assert_accurate(*measure(pictures, pen.HANDS["several"], 8))


def test_colour_and_pen_are_told(sent: bytes) -> None:
    """A stroke knows its pen's colour and width."""
    stroke = read(sent, circle(320, 240, 90), colour=pen.BLUE, width=8).strokes[0]
    assert np.abs(np.array(stroke.colour) - pen.BLUE).max() < 25
    assert stroke.pen * 640 == pytest.approx(8, abs=3)
    assert stroke.shape == "loop"


def test_nested_loops_are_two_boxes(sent: bytes) -> None:
    """A loop inside another is a box of its own."""
    strokes = [circle(320, 240, 190), circle(320, 240, 60)]
    assert_boxes(read(sent, *strokes), sent, *strokes)


@pytest.mark.parametrize("distance", [170, 118])
def test_touching_and_crossing_loops_are_two_boxes(sent: bytes, distance: float) -> None:
    """Loops that touch or cross are told apart."""
    strokes = [circle(320 - distance / 2, 240, 85), circle(320 + distance / 2, 240, 85)]
    assert_boxes(read(sent, *strokes), sent, *strokes)


@pytest.mark.parametrize(
    "strokes",
    [
        # A wide and a tall one that cross in four places.
        ([(320, 240)], 200, 70),
        # A chain of three, and one within another that touches it.
        ([(180, 240), (290, 250), (400, 240)], 75, 75),
        ([(320, 240), (270, 240)], 100, 100),
    ],
    ids=["plus", "chain", "overlap"],
)
def test_tangles_are_told_apart(
    sent: bytes, strokes: tuple[list[tuple[float, float]], float, float]
) -> None:
    """However loops cross, each is followed through the crossings and is a box of its own."""
    middles, wide, high = strokes
    turn = 0.3 + np.linspace(0, 2 * np.pi, 150)
    loops = [
        np.stack([x + wide * np.cos(turn), y + high * np.sin(turn)], axis=1) for x, y in middles
    ]
    if len(middles) == 1:
        x, y = middles[0]
        loops.append(np.stack([x + high * np.cos(turn), y + wide * np.sin(turn)], axis=1))
    assert_boxes(read(sent, *loops), sent, *loops)


def test_crossing_open_loops_are_two_boxes(sent: bytes) -> None:
    """Two loops whose ends do not meet, one across the other, are told apart all the same."""
    one, other = circle(260, 240, 95, turns=0.88), circle(370, 250, 95, turns=0.86)
    assert_boxes(read(sent, one, other), sent, one, other)


def test_a_tangle_of_lines_is_no_box_for_each_gap(sent: bytes) -> None:
    """A scribble of crossing lines does not become many boxes, and is read in good time."""
    rng = np.random.default_rng(0)
    lines = [line(*rng.uniform(40, 440, (2, 2))) for _ in range(25)]
    began = time.process_time()
    try:
        boxes = read(sent, *lines).boxes
    except DrawingError:
        boxes = ()
    assert len(boxes) <= 3
    assert time.process_time() - began < 10


def test_crossing_loops_keep_their_colours(sent: bytes) -> None:
    """Of two crossing loops each is told with its own pen's colour."""
    image = pen.draw(opened(sent), [circle(260, 240, 85)], colour=pen.RED, width=7)
    image = pen.draw(image, [circle(375, 240, 85)], colour=pen.BLUE, width=7)
    left, right = read_ink(sent, pen.sent_back(image)).strokes
    assert left.colour[0] > 180 > left.colour[2]
    assert right.colour[2] > 180 > right.colour[0]


def test_an_object_circled_twice_is_one_box(sent: bytes) -> None:
    """Going round twice, a little apart, makes one box."""
    spiral = circle(320, 240, 120, turns=2.1)
    spiral = (spiral - (320, 240)) * np.linspace(1, 1.1, len(spiral))[:, None] + (320, 240)
    ink = read(sent, spiral, width=5)
    assert len(ink.boxes) == 1


def test_a_tail_does_not_widen_the_box(sent: bytes) -> None:
    """A stroke that runs on beyond its loop leaves the loop's box as it is."""
    loop = circle(320, 240, 90)
    ink = read(sent, np.concatenate([loop, [[560, 300]]]))
    assert_boxes(ink, sent, loop)


def test_a_nearly_closed_loop_counts(sent: bytes) -> None:
    """A gap of 15 % is forgiven, half a loop is not but is told."""
    nearly, half = circle(200, 240, 100, turns=0.85), circle(480, 240, 60, turns=0.5)
    ink = read(sent, nearly, half)
    assert_boxes(ink, sent, nearly)
    assert ink.strokes[0].shape == "open"
    assert ink.unclear == 1


def test_a_scribble_counts_as_its_outline(sent: bytes) -> None:
    """An object that was painted over gets a box as well."""
    rows = np.linspace(150, 330, 25)
    stroke = line(*((220 if row % 2 else 420, y) for row, y in enumerate(rows)))
    ink = read(sent, stroke, width=11)
    assert_boxes(ink, sent, stroke)
    assert ink.strokes[0].shape == "filled"


def test_a_loop_beyond_the_border_is_closed_by_it(sent: bytes) -> None:
    """An object at the corner, circled beyond the picture, gets its box."""
    ink = read(sent, circle(620, 20, 110))
    assert len(ink.boxes) == 1
    assert pen.iou(ink.boxes[0], (510 / 640, 0, 1, 130 / 480)) > 0.9


def test_boxes_are_counted_along_the_rows(sent: bytes) -> None:
    """Numbers run from left to right, then down, however unevenly people draw."""
    strokes = [circle(x, y, 60) for x, y in ((500, 118), (120, 130), (310, 135), (210, 350))]
    middles = [(box[0] + box[2]) / 2 * 640 for box in read(sent, *strokes).boxes]
    assert middles == pytest.approx([120, 310, 500, 210], abs=5)


def test_larger_and_turned_pictures_are_read(sent: bytes) -> None:
    """An upscaled picture, and one stored sideways with a note to turn it, read the same."""
    stroke = circle(250, 200, 90)
    drawn = pen.draw(opened(sent), [stroke], colour=pen.RED, width=7)
    assert_boxes(read_ink(sent, pen.sent_back(drawn, scale=2)), sent, stroke)
    notes = Image.Exif()
    notes[0x0112] = 6
    out = io.BytesIO()
    drawn.rotate(90, expand=True).save(out, "JPEG", quality=85, exif=notes)
    assert_boxes(read_ink(sent, out.getvalue()), sent, stroke)


def test_no_ink_is_told(sent: bytes) -> None:
    """The untouched picture, or dust on it, is answered with how to draw."""
    with pytest.raises(DrawingError, match="tap the brush"):
        read_ink(sent, pen.sent_back(opened(sent), quality=70))
    with pytest.raises(DrawingError, match="tap the brush"):
        read(sent, line((300, 300), (301, 301)), width=3)


def test_lines_that_surround_nothing_are_told(sent: bytes) -> None:
    """Ticks and crosses are answered with a sentence of their own."""
    with pytest.raises(DrawingError, match="none goes around"):
        read(sent, line((200, 200), (400, 350)), line((400, 200), (200, 350)))


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
def test_a_cropped_picture_is_refused(sent: bytes, share: float) -> None:
    """Cropping moves the boxes, so it is refused even where little was cut off."""
    drawn = pen.draw(opened(sent), [circle(320, 240, 90)], colour=pen.RED, width=7)
    left, top = round(640 * share / 2), round(480 * share / 2)
    cut = drawn.crop((left, top, 640 - left, 480 - top))
    with pytest.raises(DrawingError, match="without cropping"):
        read_ink(sent, pen.sent_back(cut, scale=1))


def test_other_pictures_are_refused(sent: bytes) -> None:
    """Another picture, a mirrored or turned one, and a file that is none."""
    image = opened(sent)
    for other in (scene(2), ImageOps.mirror(image), image.rotate(90, expand=True)):
        with pytest.raises(DrawingError, match="another picture"):
            read_ink(sent, pen.sent_back(other))
    with pytest.raises(UnreadablePicture, match="send it again"):
        read_ink(sent, b"no picture")


@pytest.mark.parametrize(
    "filtered",
    [
        lambda image: ImageEnhance.Brightness(image).enhance(1.5),
        lambda image: ImageOps.grayscale(image).convert("RGB"),
        lambda image: ImageEnhance.Contrast(image).enhance(1.6),
    ],
    ids=["brighter", "grey", "contrast"],
)
def test_a_filter_is_told(sent: bytes, filtered: object) -> None:
    """A filter changes every pixel: no box is guessed from that."""
    drawn = pen.draw(opened(sent), [circle(320, 240, 90)], colour=pen.RED, width=7)
    with pytest.raises(DrawingError, match="filter"):
        read_ink(sent, pen.sent_back(filtered(drawn)))  # type: ignore[operator]  # a lambda


def test_the_original_is_found_among_requests(tmp_path: Path) -> None:
    """What came back finds its request among several, also with much ink on it."""
    candidates = {}
    for seed in range(4):
        candidates[seed] = tmp_path / f"{seed}.jpg"
        candidates[seed].write_bytes(request_of(scene(seed)))
    candidates[9] = tmp_path / "gone.jpg"
    loops = [circle(90 + 150 * x, 90 + 150 * y, 60) for x in range(4) for y in range(3)]
    drawn = pen.sent_back(pen.draw(scene(2), loops, colour=pen.BLUE, width=10))
    assert closest(drawn, candidates) == 2
    assert closest(pen.sent_back(scene(7)), candidates) is None
    assert closest(drawn, {}) is None
    assert same_picture(candidates[2], drawn) > SAME > same_picture(candidates[1], drawn)


def test_alike_frames_are_told_apart(shared_data: Path, tmp_path: Path) -> None:
    """Of neighbouring frames of a still scene the one that was drawn on is found."""
    import av

    candidates = {}
    with av.open(str(shared_data / "videos/bottle-detection.mp4")) as video:
        for number, frame in enumerate(video.decode(video=0)):
            if number % 60 == 0:
                candidates[number] = tmp_path / f"{number}.jpg"
                candidates[number].write_bytes(request_of(frame.to_image()))
            if number > 300:
                break
    for number, path in candidates.items():
        drawn = pen.draw(opened(path.read_bytes()), [circle(300, 180, 60)], colour=pen.RED, width=6)
        assert closest(pen.sent_back(drawn, scale=0.7), candidates) == number
