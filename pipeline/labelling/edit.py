"""One edit as the editor's page sends it: what was done to which box."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Name = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Ref = Annotated[int, Field(strict=True)] | Name
"""A box: its id, or the name of the edit that made it."""

Place = tuple[float, float, float, float]
"""Normalised xyxy."""


class _Edit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name


class Add(_Edit):
    """A box was drawn."""

    kind: Literal["add"]
    label: str
    place: Place


class Change(_Edit):
    """A box got another class, another place, or both."""

    kind: Literal["change"]
    box: Ref
    label: str
    place: Place


class Delete(_Edit):
    """A box is wrong."""

    kind: Literal["delete"]
    box: Ref


class Accept(_Edit):
    """A guess is right."""

    kind: Literal["accept"]
    box: Ref


class Restore(_Edit):
    """What the member answered on a box before counts again: right, or nothing."""

    kind: Literal["restore"]
    box: Ref
    answer: Literal["right", "retract"]


class Done(_Edit):
    """Nothing is missing, and the open boxes that were `seen` are right."""

    kind: Literal["done"]
    seen: tuple[Ref, ...] = Field(default=(), max_length=2000)


class Reopen(_Edit):
    """`Done` is taken back, with the answers on `boxes` that it brought."""

    kind: Literal["reopen"]
    boxes: tuple[Ref, ...] = Field(default=(), max_length=2000)


Edit = Annotated[
    Add | Change | Delete | Accept | Restore | Done | Reopen, Field(discriminator="kind")
]

edits: TypeAdapter[list[Edit]] = TypeAdapter(Annotated[list[Edit], Field(max_length=500)])
"""Reads a list of edits from JSON; pydantic's ValidationError where it is none."""
