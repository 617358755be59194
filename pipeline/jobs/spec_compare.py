"""What is asked and answered when two models are judged side by side."""

from typing import Literal

from pydantic import Field

from pipeline.jobs.part import Part
from pipeline.jobs.spec_judging import Figures, RivalRef


class Contestant(RivalRef):
    """A stored model that is judged beside another; `number` is its version."""

    key: str
    number: int


class CompareSpec(Part):
    """Judge two models on the same pictures, and draw where they differ most.

    `manifest`: key of the dataset version that holds the pictures. `pictures`: ids of those of its
    test part that neither model learned from. `models`: in the order they are shown.
    """

    kind: Literal["compare"] = "compare"
    store: str
    manifest: str
    pictures: list[int] = Field(min_length=1)
    models: tuple[Contestant, Contestant]


class CompareResult(Part):
    """How both do, in the order asked; `numbers` are their versions.

    `differing`: on how many pictures they err differently. `drawn`: keys of JPEGs in the file
    store, those where they differ most first.
    """

    kind: Literal["compare"] = "compare"
    numbers: tuple[int, int]
    figures: tuple[Figures, Figures]
    differing: int
    drawn: list[str] = []
