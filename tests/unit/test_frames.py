"""Frames out of videos of every kind."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.frames import Frame, sample, sample_times
from pipeline.video_file import facts_of
from tests.support.clips import Pixels, clip, picture


def counted(count: int, size: tuple[int, int] = (64, 48)) -> Iterator[Pixels]:
    """Frames whose brightness tells their number (two levels a frame)."""
    for number in range(count):
        yield np.full((size[1], size[0], 3), 20 + 2 * number, dtype=np.uint8)


def number_of(frame: Frame) -> float:
    """The number that a frame's brightness tells."""
    return (float(np.asarray(frame.image).mean()) - 20) / 2


def frames_of(path: Path, every_s: float = 1.0, limit: int = 300) -> list[Frame]:
    """All samples of a video."""
    facts = facts_of(path)
    return list(sample(path, facts, sample_times(facts.seconds, every_s, limit)))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "ts", "mov", "flv"])
def test_frames_come_every_so_often(tmp_path: Path, ending: str) -> None:
    """Of 10 s at 10 Hz, every second gives ten frames, at their times, showing what was there."""
    path = clip(tmp_path / f"a.{ending}", counted(100))
    frames = frames_of(path)
    assert len(frames) == 10
    assert [round(frame.seconds) for frame in frames] == list(range(10))
    for frame in frames:
        assert number_of(frame) == pytest.approx(frame.seconds * 10, abs=2.5)


def test_too_many_are_spread_over_the_whole_video(tmp_path: Path) -> None:
    """A limit widens the steps; it does not cut the end off."""
    frames = frames_of(clip(tmp_path / "a.mp4", counted(100)), every_s=0.1, limit=5)
    assert len(frames) == 5
    assert frames[-1].seconds > 7


def test_far_apart_samples_take_keyframes(tmp_path: Path) -> None:
    """Where samples lie far apart each is a keyframe near its time, and none comes twice."""
    path = clip(tmp_path / "a.mp4", counted(100), gop=5)
    frames = frames_of(path, every_s=2.0)
    assert len(frames) == 5
    for frame, wanted in zip(frames, range(0, 10, 2), strict=True):
        assert abs(frame.seconds - wanted) <= 0.5
        assert number_of(frame) == pytest.approx(frame.seconds * 10, abs=2.5)
    assert len({frame.seconds for frame in frames}) == 5


def test_a_video_without_keyframes_in_between_is_decoded_through(tmp_path: Path) -> None:
    """One keyframe at the start is enough."""
    path = clip(tmp_path / "a.mp4", counted(100), gop=1000)
    assert [round(frame.seconds) for frame in frames_of(path, every_s=3)] == [0, 3, 6, 9]


def test_turned_videos_come_out_upright(tmp_path: Path) -> None:
    """A phone's rotation flag is honoured."""
    pixels = np.zeros((48, 64, 3), dtype=np.uint8)
    pixels[:, :32] = 255
    plain = clip(tmp_path / "a.mp4", [pixels] * 10)
    turned = tmp_path / "b.mp4"
    with av.open(str(plain)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with av.open(str(turned)) as check:
        rotation = next(check.decode(video=0)).rotation
    image = frames_of(turned)[0].image
    assert image.size == (48, 64)
    # Counterclockwise by 90 degrees the left half becomes the lower one.
    lower_is_white = np.asarray(image)[48:].mean() > 128
    assert lower_is_white == (rotation == 90)


def test_a_cut_off_video_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Half a file gives the frames of its first half."""
    path = clip(tmp_path / "a.mkv", (picture(i) for i in range(60)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames = frames_of(path, every_s=0.5)
    assert 3 <= len(frames) <= 8


def test_damaged_packets_are_passed_over(tmp_path: Path) -> None:
    """Noise in the middle costs some frames, not the video."""
    path = clip(tmp_path / "a.mkv", (picture(i) for i in range(60)), gop=5)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 800] = np.random.default_rng(0).bytes(800)
    path.write_bytes(data)
    frames = frames_of(path, every_s=0.5)
    assert len(frames) >= 6
    assert frames[-1].seconds > 4


def test_a_change_of_size_is_survived(tmp_path: Path) -> None:
    """Two recordings glued together give frames of both sizes."""
    one = clip(tmp_path / "a.ts", [picture(i, (64, 48)) for i in range(20)])
    two = clip(tmp_path / "b.ts", [picture(i, (96, 64)) for i in range(20)])
    path = tmp_path / "c.ts"
    path.write_bytes(one.read_bytes() + two.read_bytes())
    sizes = {frame.image.size for frame in frames_of(path, every_s=0.2)}
    assert (64, 48) in sizes


def test_an_absurd_length_in_the_header_is_not_believed(tmp_path: Path) -> None:
    """A header that claims a year does not make the steps a week wide."""
    path = clip(tmp_path / "a.mp4", counted(50))
    data = bytearray(path.read_bytes())
    for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        at = data.find(box)
        data[at + offset : at + offset + 4] = b"\x7f\xff\xff\xff"
    path.write_bytes(data)
    assert facts_of(path).seconds == pytest.approx(4.9, abs=0.2)
    assert len(frames_of(path)) == 5


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    """An anamorphic recording is stretched to how it is shown."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(1, (64, 64)))))
        container.mux(stream.encode())
    assert frames_of(path)[0].image.size == (128, 64)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"#EXTM3U\nfile:///etc/passwd\n", "not a video I know"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a video I know"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 500, "can't read that video"),
        (b"\x1a\x45\xdf\xa3" + b"\0" * 500, "can't read that video"),
        (b"", "not a video I know"),
    ],
)
def test_what_is_no_video_is_told(tmp_path: Path, data: bytes, match: str) -> None:
    """Playlists in disguise and files without a head are one sentence; nothing else is opened."""
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=match):
        facts_of(path)


def test_a_video_without_its_index_is_told(tmp_path: Path) -> None:
    """An mp4 whose recording was broken off (no moov) is one sentence."""
    path = clip(tmp_path / "a.mp4", counted(20))
    data = path.read_bytes()
    path.write_bytes(data[: data.find(b"moov") - 4])
    with pytest.raises(SourceError, match="can't read that video"):
        facts_of(path)


def test_sound_alone_is_told(tmp_path: Path) -> None:
    """A song is no video."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(SourceError, match="sound but no picture"):
        facts_of(path)


def test_real_clips_are_sampled(shared_data: Path) -> None:
    """Forty seconds of video, every second: forty frames, upright and in order."""
    frames = frames_of(shared_data / "videos" / "bottle-detection.mp4")
    assert len(frames) == 40
    assert all(a.seconds < b.seconds for a, b in itertools.pairwise(frames))
    assert frames[0].image.size == (640, 360)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(0.01, 86_400), st.integers(1, 1000))
def test_sample_times_stay_within_limits(seconds: float, every_s: float, limit: int) -> None:
    """Times rise, lie within the video, begin at 0 and are at most `limit`."""
    times = sample_times(seconds, every_s, limit)
    assert times[0] == 0
    assert 1 <= len(times) <= limit
    assert times[-1] <= seconds * (1 + 1e-9)
    assert all(a < b for a, b in itertools.pairwise(times)) or seconds == 0


def test_what_lies_between_far_targets_is_passed_over(tmp_path: Path) -> None:
    """Two close looks far into a video are exact, though the first one is sought."""
    path = clip(tmp_path / "a.mp4", counted(110), gop=10)
    frames = list(sample(path, facts_of(path), [0.0, 4.3, 4.6, 9.7]))
    assert [frame.seconds for frame in frames] == pytest.approx([0.0, 4.3, 4.6, 9.7])
    for frame in frames:
        assert number_of(frame) == pytest.approx(frame.seconds * 10, abs=2.5)


@pytest.mark.parametrize("every_s", [0.2, 2.5])
def test_a_stretch_is_kept_to(tmp_path: Path, every_s: float) -> None:
    """Close together or by keyframes: no frame lies outside of the stretch that was asked for."""
    path = clip(tmp_path / "a.mp4", counted(110), gop=10)
    times = sample_times(8.4, every_s, 300, 2.1)
    frames = list(sample(path, facts_of(path), times, (2.1, 8.4)))
    assert len(frames) == len(times)
    assert all(2.0 <= frame.seconds <= 8.5 for frame in frames)


def test_a_stretch_of_a_file_that_cannot_be_sought_in_is_decoded_to(tmp_path: Path) -> None:
    """One keyframe at the start: everything before the stretch is decoded and let go."""
    path = clip(tmp_path / "a.mp4", counted(100), gop=1000)
    frames = list(sample(path, facts_of(path), [6.0, 6.5], (6.0, 6.9)))
    assert [frame.seconds for frame in frames] == pytest.approx([6.0, 6.5])
