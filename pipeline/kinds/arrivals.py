"""Images and boxes of a collected source take their place beside what the project has."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session

from pipeline.jobs.spec import BoxItem
from pipeline.jobs.spec_collect import ImageItem
from pipeline.labelling import decide
from storage import images, sources, votes
from storage.models import Box, Image, Source

BoxKey = tuple[str, float, float, float, float]

DIGITS = 4
"""Boxes equal to a tenth of a pixel of a 1000-pixel side are one box said twice."""


def bring_in(items: list[ImageItem], source_id: int, *, session: Session) -> None:
    """Bring some images in; doing it again changes nothing.

    An image that is there already stays with its source, with two exceptions: that source was
    taken away (or failed), or the image had no labels and now comes with some. Then it moves to
    the new source, whose trust applies to it.
    """
    source = sources.get(source_id, session=session)
    if source.state == "removed":
        return  # while it was fetched anew; what moved to it would be out as well
    there = images.by_sha(source.project_id, [item.sha256 for item in items], session=session)
    fresh: list[tuple[Image, ImageItem]] = []
    moved: list[tuple[Image, ImageItem]] = []
    alike = [(item.group, other) for item in items for other in item.alike]
    for item in items:
        image = there.get(item.sha256)
        if image is None:
            image = _row(item, source)
            session.add(image)
            fresh.append((image, item))
        elif _moves(image, item, source, session=session):
            session.add(image)
            moved.append((image, item))
            alike.append((item.group, image.group_key))
    session.flush()
    rows = [_box(image, box, source) for image, item in fresh for box in _distinct(item)]
    rows += _news(moved, source, session=session)
    images.add_boxes(rows, session=session)
    images.add_fingerprints(
        {_id(image): item.words for image, item in fresh if item.words}, session=session
    )
    _unite(alike, source.project_id, session=session)


def _moves(image: Image, item: ImageItem, source: Source, *, session: Session) -> bool:
    """Move a known image to the source where that is due; tells whether it was."""
    if image.source_id == source.id:
        return False  # brought in before a crash
    assert source.id is not None
    if sources.get(image.source_id, session=session).state in ("removed", "failed"):
        image.group_key, image.seconds = item.group, item.seconds
        image.labelled, image.name = item.labelled, item.name
    elif item.labelled and not image.labelled:
        # Its group and part stay: what it resembles was not changed by labelling it.
        image.labelled = True
    else:
        return False
    image.source_id = source.id
    return True


def _news(
    moved: Sequence[tuple[Image, ImageItem]], source: Source, *, session: Session
) -> list[dict[str, object]]:
    """Boxes to insert on moved images: those they have go on with the votes cast on them.

    Imported boxes that the new source does not have keep their old source and count no more (see
    `images.counting`); with them goes the word that such an image was complete.
    """
    known = images.said_boxes([_id(image) for image, _ in moved], session=session)
    rows: list[dict[str, object]] = []
    unsaid: list[int] = []
    for image, item in moved:
        said = known.get(_id(image), [])
        # Those that stand for a class which was named later go where the named box goes.
        beside = {box.id: [one for one in said if one.parent_id == box.id] for box in said}
        has = {_key_of(box): box for box in said if box.parent_id not in beside}
        for box in _distinct(item):
            same = has.pop(_key(box), None)
            if same is None:
                rows.append(_box(image, box, source))
            elif same.origin == "import":
                for one in (same, *beside[same.id]):
                    one.source_id = source.id
                    if not one.voters:
                        # The old source's trust is not the new one's.
                        one.verdict = None
                    session.add(one)
        if any(box.origin == "import" for box in has.values()):
            unsaid.append(_id(image))
    _take_back(unsaid, source.project_id, session=session)
    return rows


def _take_back(image_ids: list[int], project_id: int, *, session: Session) -> None:
    said = votes.current(image_ids, kind="image", project_id=project_id, session=session)
    for image_id, answers in said.items():
        for member_id, answer in answers.items():
            if answer == "complete":
                decide.vote(
                    [image_id],
                    "retract",
                    kind="image",
                    project_id=project_id,
                    member_id=member_id,
                    session=session,
                )


def _distinct(item: ImageItem) -> Iterable[BoxItem]:
    return {_key(box): box for box in item.boxes}.values()


def _key(box: BoxItem) -> BoxKey:
    x1, y1, x2, y2 = (round(value, DIGITS) for value in box.xyxy)
    return box.label, x1, y1, x2, y2


def _key_of(box: Box) -> BoxKey:
    return _key(BoxItem(label=box.label, xyxy=(box.x1, box.y1, box.x2, box.y2)))


def _box(image: Image, box: BoxItem, source: Source) -> dict[str, object]:
    return {
        "project_id": source.project_id,
        "image_id": image.id,
        "source_id": source.id,
        "label": box.label,
        "x1": box.xyxy[0],
        "y1": box.xyxy[1],
        "x2": box.xyxy[2],
        "y2": box.xyxy[3],
        "origin": "import",
    }


def _id(image: Image) -> int:
    assert image.id is not None
    return image.id


def _row(item: ImageItem, source: Source) -> Image:
    assert source.id is not None
    return Image(
        project_id=source.project_id,
        source_id=source.id,
        sha256=item.sha256,
        key=item.key,
        name=item.name,
        width=item.width,
        height=item.height,
        phash=item.phash,
        group_key=item.group,
        seconds=item.seconds,
        labelled=item.labelled,
        part=item.part,
    )


def _unite(pairs: Iterable[tuple[str, str]], project_id: int, *, session: Session) -> None:
    """Groups whose images look alike become one, so that a split never parts them.

    The second of a pair is the older group, which keeps its name: its part is perhaps assigned.
    """
    now_in: dict[str, str] = {}

    def find(key: str) -> str:
        while key in now_in:
            key = now_in[key]
        return key

    for younger, older in pairs:
        one, two = find(younger), find(older)
        if one != two:
            sources.take_over(one, two, project_id=project_id, session=session)
            now_in[one] = two
