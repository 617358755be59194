"""Films and photos that are here already, of which more comes in: they stay on one side."""

from collections import defaultdict
from collections.abc import Sequence

from pipeline.jobs.spec_collect import KnownImage
from pipeline.screen import Verdict
from pipeline.shots import Shot


def join_known(shots: Sequence[Shot], known: Sequence[KnownImage], verdict: Verdict) -> None:
    """Name, for what stays, the known groups that other shots of its group belong to.

    A film that is fetched again brings frames which were too many the first time. They resemble
    nothing that is known, but frames beside them are the very ones of then.
    """
    group_of = {image.sha256: image.group for image in known}
    same: dict[str, dict[str, None]] = defaultdict(dict)
    for shot in shots:
        there = group_of.get(shot.sha256)
        if there is not None and there != shot.group:
            same[shot.group][there] = None
    for index in verdict.kept:
        if groups := same.get(shots[index].group):
            verdict.alike[index] = list(dict.fromkeys([*verdict.alike.get(index, []), *groups]))
