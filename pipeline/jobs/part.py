"""What every value that crosses a process is built of."""

from pathlib import PurePath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Part(BaseModel):
    """A value that crosses a process; unknown fields are a bug, not data."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _below(name: str) -> str:
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts or not name.strip("./"):
        raise ValueError("not a path below out/")
    return name


OutPath = Annotated[str, AfterValidator(_below)]
"""A file or folder that a worker made, relative to `out/` of its attempt, and below it."""


class BoxItem(Part):
    """One labelled box, normalised xyxy within 0..1.

    `id`: the number of our own box that it is, where another tool carried that along. `track`:
    boxes of one result that share it show one object in the frames of a video.
    """

    label: str
    xyxy: tuple[float, float, float, float]
    score: float | None = None
    id: int | None = None
    track: int | None = None
