"""Which videos of a link, which stretch of each; and what became of them."""

from pydantic import Field

from pipeline.jobs.part import Part

MOST_VIDEOS = 50
"""Of one list; who wants more asks again with the next list."""


class VideosSpec(Part):
    """What is wanted of the videos of a source.

    `newest`: of a list (playlist, channel, search, page with several) the first so many; None takes
    some, and takes a link to one video of a list as that video. `from_s` and `to_s`: the stretch to
    look at, in seconds; `to_s` None is the end. `smart`: the frames that differ most, not one every
    so often. `have`: keys of videos that are here already (sources/video_keys.py). `kept_folder`:
    where downloads lie so that the next attempt goes on with them. `pause_s`: between two videos.
    """

    newest: int | None = Field(default=None, ge=1, le=MOST_VIDEOS)
    from_s: float = Field(default=0.0, ge=0)
    to_s: float | None = Field(default=None, gt=0)
    smart: bool = False
    have: list[str] = []
    kept_folder: str | None = None
    pause_s: float = Field(default=3.0, ge=0)


class MissedVideo(Part):
    """A video that could not be had, and why in a sentence."""

    name: str
    why: str


class VideosResult(Part):
    """Of `asked` videos some were `here` already, and some `missed`; the others came.

    `keys` of those (sources/video_keys.py), and the `look` that was taken at them.
    """

    asked: int = 0
    here: int = 0
    missed: list[MissedVideo] = []
    keys: list[str] = []
    look: str = ""
