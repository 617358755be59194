"""What a member sees on a sheet or photo: the bot's question, judged by the scene's truth.

A person sees at a glance whether a tile shows a duck. The members know it from the scene itself;
which picture a tile is cut from stands in the bot's tables, which are only read here.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from sqlmodel import Session

from bot.demo.parcel import Luggage
from bot.demo.scene import Box
from pipeline.tracking.overlap import iou
from storage import images, tracks, votes
from storage.db import Database
from storage.models import Box as BoxRow
from storage.models import Drawing, Image, Sheet

SAME, TOUCHES = 0.5, 0.1
"""Intersection over union from which a box is taken for a duck's, and from which it is near one."""


class Eyes:
    """Looks for the members; close it at the end."""

    def __init__(self, database: str, luggage: Luggage) -> None:
        self._db = Database(database)
        self._luggage = luggage

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    async def is_open(self, sheet_id: int) -> bool:
        """Whether a sheet waits for its answer."""

        def look(session: Session) -> bool:
            sheet = session.get(Sheet, sheet_id)
            return sheet is not None and sheet.state == "open"

        return await self._db.read(look)

    async def faults(self, sheet_id: int) -> list[int] | None:
        """Places (from 1) of a sheet's tiles that deserve a tap; None for strange pictures."""
        return await self._db.read(lambda session: self._faults(sheet_id, session))

    async def instead(self, sheet_id: int) -> str | None:
        """What the wrong box on a sheet is instead: off or nothing; None on other sheets."""
        return await self._db.read(lambda session: self._instead(sheet_id, session))

    async def ducks(self, drawing_id: int) -> tuple[Box, ...] | None:
        """The ducks on the picture that is to be drawn on; None for a strange picture."""
        return await self._db.read(lambda session: self._ducks(drawing_id, session))

    async def read_right(self, drawing_id: int) -> bool:
        """Whether the bot understood the circles: a box for each duck and no other."""
        return await self._db.read(lambda session: self._read_right(drawing_id, session))

    def _truth(self, image: Image) -> tuple[Box, ...] | None:
        """The ducks on a picture; None where the visitor brought it: who knows what is on it?"""
        if image.seconds is None:
            return self._luggage.ducks.get(PurePosixPath(image.name).stem)
        ours = image.name.startswith(self._luggage.video.name)
        return self._luggage.clip.at(image.seconds).ducks if ours else None

    def _faults(self, sheet_id: int, session: Session) -> list[int] | None:
        sheet = session.get(Sheet, sheet_id)
        if sheet is None:
            return None
        fits = {
            "box": self._is_duck,
            "track": self._is_one_duck,
            "frame": self._is_all_right,
        }.get(sheet.kind, self._is_complete)
        answers = [fits(subject, session) for subject in sheet.tiles]
        if None in answers:
            return None
        return [place for place, right in enumerate(answers, 1) if not right]

    def _is_duck(self, box_id: int, session: Session) -> bool | None:
        row = images.boxes([box_id], session=session)[box_id]
        truth = self._truth(images.get(row.image_id, session=session))
        return None if truth is None else _on_one(row.xyxy, truth)

    def _instead(self, sheet_id: int, session: Session) -> str | None:
        sheet = session.get(Sheet, sheet_id)
        if sheet is None or sheet.kind != "fix":
            return None
        row = images.boxes(sheet.tiles, session=session)[sheet.tiles[0]]
        near = any(iou(row.xyxy, duck) > TOUCHES for duck in self._ducks_of(row, session))
        whole = self._is_complete(row.image_id, session)
        return "off" if near and not whole else "nothing"

    def _ducks_of(self, row: BoxRow, session: Session) -> tuple[Box, ...]:
        return self._truth(images.get(row.image_id, session=session)) or ()

    def _is_one_duck(self, track_id: int, session: Session) -> bool | None:
        """Whether most of a track's boxes are on a duck."""
        said = [self._is_duck(box, session) for box in tracks.boxes(track_id, session=session)]
        return None if None in said else 2 * sum(map(bool, said)) > len(said)

    def _is_all_right(self, image_id: int, session: Session) -> bool | None:
        """Whether every box that is not wrong is on a duck, and every duck has one."""
        image = images.get(image_id, session=session)
        truth = self._truth(image)
        if truth is None:
            return None
        rows = images.boxes(images.box_ids(image_id, session=session), session=session).values()
        boxes = [row.xyxy for row in rows if row.verdict != "wrong"]
        return all(_on_one(box, truth) for box in boxes) and all(
            _on_one(duck, boxes) for duck in truth
        )

    def _is_complete(self, image_id: int, session: Session) -> bool | None:
        image = images.get(image_id, session=session)
        truth = self._truth(image)
        if truth is None:
            return None
        right = [
            state.box_id
            for state in votes.box_states(image.project_id, session=session)
            if state.image_id == image_id and state.verdict == "right"
        ]
        boxes = [row.xyxy for row in images.boxes(right, session=session).values()]
        return all(_on_one(duck, boxes) for duck in truth)

    def _ducks(self, drawing_id: int, session: Session) -> tuple[Box, ...] | None:
        drawing = session.get(Drawing, drawing_id)
        return self._truth(images.get(drawing.image_id, session=session)) if drawing else None

    def _read_right(self, drawing_id: int, session: Session) -> bool:
        drawing, ducks = session.get(Drawing, drawing_id), self._ducks(drawing_id, session)
        if drawing is None or ducks is None:
            return False
        boxes: list[Box] = [(x1, y1, x2, y2) for x1, y1, x2, y2 in drawing.boxes]
        return len(boxes) == len(ducks) and all(_on_one(duck, boxes) for duck in ducks)


def _on_one(box: Box, others: Iterable[Box]) -> bool:
    return any(iou(box, other) >= SAME for other in others)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
