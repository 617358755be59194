"""Pictures from visitors of a model's page: they come in as a source, and are asked about first."""

import logging

from sqlmodel import Session, col, select

from pipeline.jobs.spec import BoxItem
from pipeline.kinds.places import Places
from storage import hard_examples, images, jobs, projects, sheets, sources
from storage.models import HardExample, Image, Job, Model, Source, Upload

log = logging.getLogger(__name__)

KIND = "visitors"
"""Of such sources; their `what` names the model."""


def name_of(model_id: int | None) -> str:
    """The `what` of the sources of a model's page."""
    return f"model:{model_id}"


def title(model: Model) -> str:
    """What the source of its pictures is called."""
    return f"from the page of v{model.number}"


def queue(model: Model, rows: list[HardExample], places: Places, *, session: Session) -> Job:
    """Queue the way of these pictures into the project, as photos from the chat go it.

    There they are compared with what the project has: what it knows is left out.
    """
    project = projects.get(model.project_id, session=session)
    source = sources.create(
        project_id=model.project_id,
        kind=KIND,
        what=name_of(model.id),
        title=title(model),
        created_by=project.created_by,
        trust=None,
        session=session,
    )
    assert source.id is not None
    for row in rows:
        row.source_id = source.id
        session.add(row)
        try:
            path = places.files.path(row.key)
        except FileNotFoundError:
            # A backup that was restored may lack it; the others come in all the same.
            log.warning("a visitor's picture is gone: %s", row.key)
            continue
        session.add(
            Upload(
                chat_id=project.chat_id,
                member_id=project.created_by,
                message_id=0,
                project_id=project.id,
                source_id=source.id,
                file_id="",
                name=f"visitor-{row.id}.jpg",
                path=str(path),
                done=True,
            )
        )
    return jobs.create(
        kind="collect",
        project_id=project.id,
        chat_id=project.chat_id,
        member_id=project.created_by,
        request={"source_id": source.id},
        idempotency_key=f"visitors:{source.id}",
        session=session,
    )


def mark(source: Source, *, session: Session) -> int:
    """The pictures are images by now: let them be asked about first, beginning with what was seen.

    Returns how many there are.
    """
    assert source.id is not None
    model = model_of(source, session=session)
    source.title = title(model)
    session.add(source)
    seen = {row.sha256: row.seen for row in hard_examples.of_source(source.id, session=session)}
    found = session.exec(
        select(Image).where(Image.source_id == source.id, col(Image.sha256).in_(list(seen)))
    ).all()
    for image in found:
        image.proposed, image.rank = True, images.MARKED
        session.add(image)
    session.flush()
    images.add_boxes(
        [
            _row(image, model, BoxItem.model_validate(box))
            for image in found
            for box in seen[image.sha256].get("boxes", [])
        ],
        session=session,
    )
    if found:
        sheets.deal_anew(source.project_id, session=session)
    return len(found)


def model_of(source: Source, *, session: Session) -> Model:
    """The model from whose page the source's pictures came.

    Raises:
        LookupError: it is gone.
    """
    model = session.get(Model, int(source.what.partition(":")[2]))
    if model is None:
        raise LookupError(source.what)
    return model


def _row(image: Image, model: Model, box: BoxItem) -> dict[str, object]:
    x1, y1, x2, y2 = box.xyxy
    return {
        "project_id": image.project_id,
        "image_id": image.id,
        "label": box.label,
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "origin": "model",
        "score": box.score,
        "model_id": model.id,
    }
