"""Which images stay, and which belong together."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from pipeline.images import Measures, measure
from pipeline.jobs.spec_collect import KnownImage
from pipeline.screen import MAX_ALIKE, RECENT, TINY, Candidate, evenly, screen
from tests.support.busy import busy, cut
from tests.support.clips import picture


def image(seed: int) -> Image.Image:
    """A picture unlike those of other seeds."""
    return Image.fromarray(picture(seed, (320, 240)))


def candidate(seed: int, shown: Image.Image | None = None, **how: object) -> Candidate:
    """An unlabelled candidate in a group of its own."""
    one = Candidate(
        sha256=f"{seed:064x}",
        measures=measure(shown or image(seed)),
        group=f"g{seed}",
        series="s",
        labelled=False,
        side=240,
    )
    return replace(one, **how)  # type: ignore[arg-type]  # fields by name


def known(one: Candidate, *, labelled: bool = True) -> KnownImage:
    """The same image, as the project knows it."""
    return KnownImage(
        sha256=one.sha256, phash=one.measures.phash, group=one.group, labelled=labelled
    )


def test_different_pictures_stay() -> None:
    """Nothing is dropped without a reason, and order is kept."""
    verdict = screen([candidate(seed) for seed in range(30)])
    assert verdict.kept == list(range(30))
    assert not verdict.dropped
    assert not verdict.alike


def test_equal_and_nearly_equal_pictures_go() -> None:
    """The same file, the same pixels and a slightly brighter copy each have their reason."""
    first = image(1)
    brighter = first.point(lambda level: min(255, round(level * 1.02) + 2))
    verdict = screen(
        [
            candidate(1),
            candidate(1, group="again"),
            candidate(2, first),
            candidate(3, brighter),
            candidate(4),
        ]
    )
    assert verdict.kept == [0, 4]
    assert verdict.dropped == {1: "duplicate", 2: "duplicate", 3: "near_duplicate"}


def test_a_small_object_that_moves_keeps_its_frames() -> None:
    """On a still background a ball that moved makes another picture; no motion makes none."""

    def scene(x: int) -> Image.Image:
        still = image(1).filter(ImageFilter.GaussianBlur(20))
        ImageDraw.Draw(still).ellipse((x, 100, x + 24, 124), fill=(255, 255, 255))
        return still

    frames = [candidate(i, scene(x)) for i, x in enumerate((20, 20, 21, 120, 220))]
    verdict = screen(frames)
    assert verdict.kept == [0, 3, 4]


def belt(part: int) -> Image.Image:
    """A camera above a belt: always the same view, with another part in its middle."""
    view = busy(1, (320, 240))
    if part:
        view.paste(busy(100 + part, (60, 60), 12), (130, 90))
    return view


def test_a_belt_does_not_melt_into_one_picture() -> None:
    """Frames of one film are left out beside their neighbours in time, not for what came before."""
    shown = [0, 0, *(part for part in range(1, RECENT + 2) for _ in range(2)), 0, 0, 1]
    views = {f"{i:064x}": belt(part) for i, part in enumerate(shown)}
    film = [
        candidate(i, view, group="film", series="film", film=True)
        for i, view in enumerate(views.values())
    ]
    kept = [shown[index] for index in screen(film, view_of=views.get).kept]
    assert kept == [*range(RECENT + 2), 0, 1]


def test_another_film_of_the_belt_brings_only_what_is_new() -> None:
    """Across films the same picture is one, and another part is another picture."""
    views = {f"{i:064x}": belt(part) for i, part in enumerate((1, 2, 1, 3))}
    frames = [
        candidate(i, view, group=film, series=film, film=True)
        for (i, view), film in zip(enumerate(views.values()), "aabb", strict=True)
    ]
    verdict = screen(frames, view_of=views.get)
    assert verdict.kept == [0, 1, 3]
    assert verdict.dropped == {2: "duplicate"}
    assert verdict.like == {2: frames[0].sha256}


def test_copies_cut_and_resized_go_and_labelled_ones_are_named() -> None:
    """What a hash does not see its corners show; with labels it stays, in one group."""
    views = {f"{i:064x}": view for i, view in enumerate([busy(1), cut(busy(1)), busy(2)])}
    first, copy, other = (candidate(i, view) for i, view in enumerate(views.values()))
    assert screen([first, copy, other], view_of=views.get).dropped == {1: "near_duplicate"}
    both = [replace(one, labelled=True) for one in (first, copy, other)]
    verdict = screen(both, view_of=views.get)
    assert verdict.kept == [0, 1, 2]
    assert verdict.alike == {1: ["g0"]}
    assert len(verdict.words[2]) > 30


def test_tiny_pictures_go_unless_somebody_labelled_them() -> None:
    """On a thumbnail nothing can be labelled."""
    small = candidate(1, side=TINY - 1)
    verdict = screen([small, replace(small, sha256="b", labelled=True), candidate(2, side=TINY)])
    assert verdict.dropped == {0: "tiny"}
    assert verdict.kept == [1, 2]


def test_black_pictures_go_but_night_stays() -> None:
    """Dark means black all over; a dark picture with something bright in it stays."""
    night = Image.new("RGB", (320, 240), (5, 5, 8))
    ImageDraw.Draw(night).rectangle((100, 80, 180, 160), fill=(230, 220, 180))
    verdict = screen([candidate(1, Image.new("RGB", (320, 240), (9, 9, 9))), candidate(2, night)])
    assert verdict.dropped == {0: "dark"}
    assert verdict.kept == [1]


def test_blur_is_judged_against_its_own_source() -> None:
    """One blurred frame among sharp ones goes; a source that is soft throughout stays whole."""

    def noisy(seed: int, blur: float) -> Image.Image:
        rng = np.random.default_rng(seed)
        dots = Image.fromarray(rng.integers(0, 255, (240, 320, 3), dtype=np.uint8))
        return Image.blend(image(seed), dots, 0.4).filter(ImageFilter.GaussianBlur(blur))

    sharp = [candidate(i, noisy(i, 1.0)) for i in range(12)]
    soft = [candidate(100 + i, noisy(100 + i, 4.0), series="soft") for i in range(12)]
    verdict = screen([*sharp, candidate(50, noisy(50, 4.0)), *soft])
    assert verdict.dropped == {12: "blurred"}


def test_a_few_photos_are_never_called_blurred() -> None:
    """A handful says nothing about a camera."""
    photos = [candidate(i) for i in range(4)]
    soft = candidate(9, Image.fromarray(picture(9, (20, 15))).resize((320, 240)))
    assert screen([*photos, soft]).kept == [0, 1, 2, 3, 4]


def test_labelled_pictures_are_never_dropped_for_their_looks() -> None:
    """Black and near-duplicate pictures with labels stay; the latter are named alike."""
    black = candidate(1, Image.new("RGB", (320, 240)), labelled=True)
    first = candidate(2, labelled=True)
    twin = candidate(3, image(2), labelled=True)
    verdict = screen([black, first, twin])
    assert verdict.kept == [0, 1, 2]
    assert verdict.alike == {2: ["g2"]}


def test_of_equal_files_the_labelled_one_stays() -> None:
    """Whatever the order, the copy with the most boxes wins."""
    bare = candidate(1)
    labelled = candidate(1, labelled=True, boxes=1)
    fuller = candidate(1, labelled=True, boxes=5)
    verdict = screen([bare, labelled, fuller])
    assert verdict.kept == [2]
    assert verdict.dropped == {0: "duplicate", 1: "duplicate"}


def test_what_the_project_has_counts() -> None:
    """Known images make copies superfluous, in bytes or in looks; labels on top are taken."""
    old = candidate(1)
    copy = candidate(2, image(1))
    assert screen([old], [known(old)]).dropped == {0: "duplicate"}
    assert screen([copy], [known(old)]).dropped == {0: "near_duplicate"}
    labelled = replace(old, labelled=True)
    assert screen([labelled], [known(old)]).dropped == {0: "duplicate"}
    assert screen([labelled], [known(old, labelled=False)]).kept == [0]
    assert screen([replace(copy, labelled=True)], [known(old)]).alike == {0: ["g1"]}


def test_a_chance_hash_is_not_alike_when_the_pictures_differ() -> None:
    """Equal hashes are confirmed by pixels where these can be had."""
    one, other = candidate(1), candidate(2)
    clash = replace(other, measures=replace(other.measures, phash=one.measures.phash))
    assert screen([one, clash]).kept == [0, 1]
    assert screen([clash], [known(one)], lambda _: image(1)).kept == [0]


def test_a_crowd_of_copies_is_chained_not_squared() -> None:
    """Each of many equal labelled pictures names a few groups, and all hang together."""
    copies = [candidate(i, image(1), labelled=True) for i in range(40)]
    alike = screen(copies).alike
    assert set(alike) == set(range(1, 40))
    assert all(len(groups) <= MAX_ALIKE for groups in alike.values())


@pytest.mark.parametrize(("count", "limit"), [(0, 5), (3, 5), (5, 5), (1000, 7)])
def test_evenly_spreads(count: int, limit: int) -> None:
    """At most `limit`, in order, without doubles, over the whole range."""
    chosen = evenly(range(count), limit)
    assert len(chosen) == min(count, limit)
    assert chosen == sorted(set(chosen))
    if count > limit:
        assert chosen[-1] >= count - count // limit - 1


def test_thousands_are_judged_in_one_go() -> None:
    """Hashes are compared all at once: 20,000 known images are no burden."""
    rng = np.random.default_rng(0)
    thumb = np.zeros((32, 32), dtype=np.uint8)
    hashes = rng.integers(0, 2**63, 20_000)
    there = [
        KnownImage(sha256=f"{i}", phash=f"{h:016x}", group=f"k{i}") for i, h in enumerate(hashes)
    ]
    fresh = [
        Candidate(f"n{i}", Measures(f"{h:016x}", thumb, 1, 99, 99), f"n{i}", "s", True, 240)
        for i, h in enumerate(hashes[:500])
    ]
    verdict = screen(fresh, there)
    assert verdict.alike == {i: [f"k{i}"] for i in range(500)}
