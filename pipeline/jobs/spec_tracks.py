"""Confirmed boxes carried through a video: what crosses the process on both ways."""

from typing import Literal

from pipeline.jobs.part import Part


class FrameBox(Part):
    """A box that a frame has already (normalised xyxy).

    `start`: it is confirmed, and to be carried on. `decided`: people said whether it is right.
    """

    id: int
    label: str
    xyxy: tuple[float, float, float, float]
    start: bool = False
    decided: bool = True


class ClipFrame(Part):
    """One frame of a clip. `settled`: all of its objects are known, so none is carried there."""

    image_id: int
    key: str
    settled: bool = False
    boxes: list[FrameBox] = []


class CarrySpec(Part):
    """Carry the start boxes of each clip to the frames around them; frames in order of time."""

    kind: Literal["carry"] = "carry"
    store: str
    clips: list[list[ClipFrame]]


class CarriedBox(Part):
    """A box carried to `image_id` from the confirmed box `parent_id`.

    `score`: how far it is believed, 0..1. `track`: boxes that share it show one object.
    """

    image_id: int
    label: str
    xyxy: tuple[float, float, float, float]
    score: float
    parent_id: int
    track: int


class CarryResult(Part):
    """What was carried where."""

    kind: Literal["carry"] = "carry"
    boxes: list[CarriedBox] = []
