"""The videos of a source, one after the other, as frames."""

import logging
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.jobs.spec_video import MissedVideo
from pipeline.shots import Shot, video_shots
from pipeline.stretch import Look
from pipeline.worker.reporter import Reporter

log = logging.getLogger(__name__)


def frames_of(
    videos: dict[str, Path], spec: CollectSpec, work: Path, reporter: Reporter
) -> tuple[list[Shot], float, dict[Path, MissedVideo]]:
    """Frames of all `videos`, each a group of its own; seconds looked at; what cannot be read."""
    shots: list[Shot] = []
    seconds = 0.0
    missed: dict[Path, MissedVideo] = {}
    look = Look.of(spec, len(videos))
    for number, (name, path) in enumerate(videos.items()):
        group = f"{spec.group}:{number}"
        try:
            part, length = video_shots(path, name, group, look=look, work=work, reporter=reporter)
        except SourceError as error:
            log.warning("a video of several is left out", exc_info=True)
            missed[path] = MissedVideo(name=name[:200], why=error.user_message)
            continue
        shots += part
        seconds += length
    return shots, seconds, missed
