"""What is painted on a sheet's tiles, read from the rows."""

from collections.abc import Mapping
from pathlib import Path

from sqlmodel import Session

from pipeline.labelling import deal
from pipeline.labelling.tile import Crop, Tile, TileBox
from storage import images, projects, sure, tracks, votes
from storage.files import FileStore
from storage.models import Box, Image, Sheet


def of(sheet: Sheet, files: FileStore, *, session: Session) -> tuple[list[Tile], list[str]]:
    """The sheet's tiles in order, and the project's classes, which give the colours."""
    project = projects.get(sheet.project_id, session=session)
    match sheet.kind:
        case "box" | "fix":
            tiles = _boxes(sheet.tiles, files, session)
        case "track":
            tiles = _tracks(sheet.tiles, files, session)
        case "frame":
            scope = deal.scope_of(project, session=session)
            asked = sure.open_on(sheet.tiles, scope, session=session)
            tiles = _pictures(sheet, asked, files, session)
        case _:
            tiles = _pictures(sheet, {}, files, session)
    return tiles, project.classes


def _boxes(box_ids: list[int], files: FileStore, session: Session) -> list[Tile]:
    boxes = images.boxes(box_ids, session=session)
    of_box = images.many([box.image_id for box in boxes.values()], session=session)
    return [
        Tile(
            path=_path(of_box[boxes[box_id].image_id], files),
            number=number,
            label=boxes[box_id].label,
            box=boxes[box_id].xyxy,
            score=boxes[box_id].score,
        )
        for number, box_id in enumerate(box_ids, 1)
    ]


def _tracks(track_ids: list[int], files: FileStore, session: Session) -> list[Tile]:
    """Each object in the first, the middle and the last frame that are asked about."""
    ways = tracks.shown(track_ids, session=session)
    boxes = images.boxes([box_id for way in ways.values() for box_id in way], session=session)
    of_box = images.many([box.image_id for box in boxes.values()], session=session)
    tiles = []
    for number, track_id in enumerate(track_ids, 1):
        way = [boxes[box_id] for box_id in ways[track_id]]
        crops = tuple(Crop(_path(of_box[box.image_id], files), box.xyxy, box.score) for box in way)
        tiles.append(Tile(crops[0].path, number, way[0].label, crops=crops))
    return tiles


def _pictures(
    sheet: Sheet, asked: Mapping[int, list[int]], files: FileStore, session: Session
) -> list[Tile]:
    """Whole pictures with what is right on them, and what is asked about."""
    of_sheet = images.many(sheet.tiles, session=session)
    right = votes.right_boxes(sheet.project_id, of_sheet, session=session)
    shown = {i: [*right.get(i, []), *asked.get(i, [])] for i in sheet.tiles}
    rows = images.boxes([box for ids in shown.values() for box in ids], session=session)
    return [
        Tile(
            path=_path(of_sheet[image_id], files),
            number=number,
            boxes=tuple(_on_picture(rows[box]) for box in shown[image_id]),
            named=sheet.kind == "frame",
        )
        for number, image_id in enumerate(sheet.tiles, 1)
    ]


def _on_picture(box: Box) -> TileBox:
    # What people confirmed is sure, whatever the model thought of it.
    return TileBox(box.label, box.xyxy, box.score if box.verdict is None else None)


def _path(image: Image, files: FileStore) -> Path:
    return files.path(image.key)
