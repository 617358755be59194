"""Screening what was read of a source, and storing what stays."""

from PIL import Image

from pipeline import shown
from pipeline.images import opened
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import ImageItem, KnownImage
from pipeline.screen import Candidate, Verdict, evenly, screen
from pipeline.shots import Shot, item_fields
from pipeline.worker.reporter import Reporter
from storage.files import FileStore


def judge(
    known: list[KnownImage], shots: list[Shot], store: FileStore, reporter: Reporter
) -> Verdict:
    """What stays of `shots` beside what the project has, telling how far it is."""
    paths = {shot.sha256: shot.path for shot in shots}

    def view(sha256: str) -> Image.Image | None:
        path = paths.get(sha256)
        return shown.stored(store, sha256) if path is None else opened(path.read_bytes())

    def tick(done: int) -> None:
        reporter.progress(Progress(stage="screen", done=done, total=len(shots)))

    candidates = [
        Candidate(
            sha256=shot.sha256,
            measures=shot.measures,
            group=shot.group,
            series=shot.series,
            labelled=shot.boxes is not None,
            side=min(shot.width, shot.height),
            boxes=len(shot.boxes or []),
            film=shot.seconds is not None,
            words=shot.words,
        )
        for shot in shots
    ]
    return screen(candidates, known, view, tick)


def thin(shots: list[Shot], verdict: Verdict, limit: int) -> list[int]:
    """What stays: all that is labelled, and an even spread of the rest."""
    bare = [index for index in verdict.kept if shots[index].boxes is None]
    spread = set(evenly(bare, limit))
    return [i for i in verdict.kept if shots[i].boxes is not None or i in spread]


def store_kept(
    shots: list[Shot], kept: list[int], verdict: Verdict, store: FileStore, reporter: Reporter
) -> list[ImageItem]:
    """Put what stays into the file store, telling how far it is."""
    items = []
    for number, index in enumerate(kept):
        shot = shots[index]
        items.append(
            ImageItem(
                **item_fields(shot, verdict.words[index], store),
                labelled=shot.boxes is not None,
                boxes=shot.boxes or [],
                alike=verdict.alike.get(index, []),
                part=shot.part,
            )
        )
        reporter.progress(Progress(stage="screen", done=number, total=len(kept), note="storing"))
    return items
