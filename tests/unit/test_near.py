"""Copies are found among the pictures that stayed, and nothing else is."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from pipeline.features import asked_words, features_of, words_of
from pipeline.images import measure
from pipeline.jobs.spec_collect import KnownImage
from pipeline.near import Seen
from pipeline.registered import is_copy
from tests.support.busy import busy, cut, written

COUNT = 12


def known(name: str, image: Image.Image) -> KnownImage:
    """A picture as the project knows it."""
    words = asked_words(image).stored.astype("<u4").tobytes()
    return KnownImage(sha256=name, phash=measure(image).phash, group=f"g{name}", words=words)


def groups(seen: Seen, name: str, image: Image.Image, film: str = "") -> list[str]:
    """The groups that a picture is a near duplicate of."""
    found = seen.near(name, measure(image), asked_words(image).asked, film)
    return [near.group for near in found]


def half(image: Image.Image) -> Image.Image:
    """The picture in half its size."""
    return image.resize((image.width // 2, image.height // 2))


@pytest.mark.parametrize(
    "copy",
    [
        lambda image: written(image, 40),
        half,
        cut,
        lambda image: image.crop((0, 0, image.width - 24, image.height)),
        lambda image: written(half(cut(ImageEnhance.Brightness(image).enhance(0.9)))),
    ],
    ids=["written anew", "half", "cut all round", "cut on one side", "all of it"],
)
def test_copies_are_found_whatever_was_done_to_them(
    copy: Callable[[Image.Image], Image.Image],
) -> None:
    """Written anew, resized, cut or a little darker: of many pictures just the one is named."""
    views = {str(seed): busy(seed) for seed in range(COUNT)}
    seen = Seen([known(name, image) for name, image in views.items()], views.get)
    views["copy"] = copy(views["5"])
    assert groups(seen, "copy", views["copy"]) == ["g5"]


def test_the_whole_is_found_where_the_cut_one_came_first() -> None:
    """It is the same pair the other way round."""
    views = {"part": cut(busy(1)), "whole": busy(1)}
    assert groups(Seen([known("part", views["part"])], views.get), "whole", views["whole"])


def test_other_pictures_are_no_copies() -> None:
    """Unrelated pictures are none, nor is the same place with something else in it."""
    moved = busy(1)
    ImageDraw.Draw(moved).rectangle((200, 150, 250, 200), fill=(255, 255, 255))
    assert is_copy(features_of(busy(1)), features_of(written(busy(1))))
    assert not is_copy(features_of(busy(1)), features_of(moved))
    views = {"old": busy(1), "moved": moved, "other": busy(2)}
    seen = Seen([known("old", views["old"])], views.get)
    assert groups(seen, "moved", moved) == []
    assert groups(seen, "other", views["other"]) == []


def test_a_part_of_a_picture_is_another_picture() -> None:
    """What shows much less than the whole is worth labelling."""
    whole = busy(1, (800, 600))
    assert not is_copy(features_of(whole), features_of(whole.crop((0, 0, 400, 600))))


def test_frames_of_one_film_are_no_copies_of_one_another() -> None:
    """A film's own frames are left to their neighbours in time; another film's are compared."""
    image = busy(1)
    seen = Seen([], lambda _: image)
    seen.add("one", measure(image), asked_words(image).stored, "a", "film a")
    assert groups(seen, "two", image, "film a") == []
    assert groups(seen, "two", image, "film b") == ["a"]


def test_a_picture_that_is_gone_is_known_by_its_hash_alone() -> None:
    """Without the pixels a copy cut smaller cannot be confirmed, one written anew can."""
    image = busy(1)
    seen = Seen([known("old", image)], lambda _: None)
    assert groups(seen, "again", written(image, 80)) == ["gold"]
    assert groups(seen, "cut", cut(image)) == []


@pytest.mark.parametrize("size", [(1, 1), (256, 1), (1, 300), (17, 16), (4096, 3)])
def test_slivers_and_blank_pictures_have_no_words(size: tuple[int, int]) -> None:
    """Where there are no corners there is nothing to ask for, and no trouble."""
    blank = Image.new("RGB", size, (90, 90, 90))
    assert len(asked_words(blank).asked) == 0
    assert not is_copy(features_of(blank), features_of(blank))


def test_a_picture_has_a_bounded_number_of_words() -> None:
    """At most 1024 bytes of a picture are stored, the same each time, spread over all of it."""
    crowded = busy(7, things=90)
    words = words_of(features_of(crowded))
    assert 100 <= len(words) <= 256
    assert words.dtype == np.uint32
    assert np.array_equal(words, asked_words(crowded).stored)
    left, right = (crowded.crop((x, 0, x + 240, 360)) for x in (0, 240))
    assert len(words_of(features_of(left))) > 40
    assert len(words_of(features_of(right))) > 40
