"""What is left to do in a project, and what is won."""

from dataclasses import dataclass

from sqlmodel import Session

from pipeline.labelling.deal import scope_of
from pipeline.labelling.samples import sample_of
from storage import figures, images, questions, sources
from storage.models import Project
from storage.progress import Standing, standing


@dataclass(frozen=True)
class Outlook:
    """Counts, made by the database: cheap enough for the end of every round.

    `images`: live pictures; `boxes`: those ready to train with; `check`, `fix`, `confirm`, `draw`:
    open boxes, wrong ones of which nobody said what they are instead, pictures that may be
    complete, pictures that need a hand; `asking`: sources whose labels nobody has answered for.
    """

    images: int = 0
    boxes: int = 0
    check: int = 0
    fix: int = 0
    confirm: int = 0
    draw: int = 0
    asking: int = 0


def look(project: Project, *, session: Session) -> Outlook:
    """Count what is left to do."""
    assert project.id is not None
    scope = scope_of(project, session=session)
    ready = figures.ready(project.id, project.classes, session=session)
    return Outlook(
        images=ready.pictures,
        boxes=ready.boxes,
        check=sum(questions.open_by_class(scope, session=session).values()),
        fix=questions.fixes(scope, session=session),
        confirm=questions.confirmations(scope, session=session),
        draw=len(questions.to_draw(scope, session=session)),
        asking=sum(
            source.state == "asking" for source in sources.of_project(project.id, session=session)
        ),
    )


def askable(project_id: int, *, session: Session) -> Standing:
    """Where the project stands, with only those open boxes that are worth a question now.

    Of a source that is checked by sample only the sample is asked.
    """
    state = standing(project_id, session=session)
    samples = {
        source.id: set(sample_of(source, session=session))
        for source in sources.of_project(project_id, session=session)
        if source.trust == "sample"
    }
    if samples:
        asked = {box.image_id for box in state.check} | set(state.confirm)
        of = {
            image_id: image.source_id
            for image_id, image in images.rows(sorted(asked), session=session).items()
        }
        state.check = [
            box
            for box in state.check
            if of[box.image_id] not in samples or box.box_id in samples[of[box.image_id]]
        ]
        state.confirm = [image_id for image_id in state.confirm if of[image_id] not in samples]
    return state
