"""A film that is fetched again stays on the side on which it is."""

from pathlib import Path

import numpy as np

from pipeline.images import Measures
from pipeline.jobs.spec_collect import KnownImage
from pipeline.same_film import join_known
from pipeline.screen import Verdict
from pipeline.shots import Shot

MEASURES = Measures("0" * 16, np.zeros((32, 32), dtype=np.uint8), 1.0, 1.0, 1.0)


def shot(sha256: str, group: str) -> Shot:
    """A frame."""
    return Shot(Path("x"), ".jpg", sha256, 9, 9, MEASURES, "x", group, group)


def test_frames_beside_known_ones_join_them() -> None:
    """What is new of a known film names the film's group; another film's frames name none."""
    known = [KnownImage(sha256="a", phash="0", group="source:1:0")]
    shots = [shot("a", "new:0"), shot("b", "new:0"), shot("c", "new:1"), shot("a", "source:1:0")]
    verdict = Verdict(kept=[1, 2, 3], alike={1: ["else"]})
    join_known(shots, known, verdict)
    assert verdict.alike == {1: ["else", "source:1:0"]}
