"""The models that were trained, numbered by project."""

from sqlmodel import Session, col, select

from storage.models import Model


def next_number(project_id: int, *, session: Session) -> int:
    """The version that the project's next model gets."""
    newest = latest(project_id, session=session)
    return newest.number + 1 if newest else 1


def latest(project_id: int, *, session: Session) -> Model | None:
    """The project's newest model."""
    query = select(Model).where(Model.project_id == project_id).order_by(col(Model.number).desc())
    return session.exec(query.limit(1)).first()


def current(project_id: int, *, session: Session) -> Model | None:
    """The model that the project works with: the newest that was promoted."""
    query = (
        select(Model)
        .where(Model.project_id == project_id, col(Model.promoted).is_(True))
        .order_by(col(Model.number).desc())
    )
    return session.exec(query.limit(1)).first()


def use(model: Model, *, session: Session) -> None:
    """Work with this model from now on: newer ones are set aside."""
    for other in of_project(model.project_id, session=session):
        if other.number >= model.number:
            other.promoted = other.number == model.number
            session.add(other)
    session.flush()


def of_project(project_id: int, *, session: Session) -> list[Model]:
    """All models of the project, newest first."""
    query = select(Model).where(Model.project_id == project_id).order_by(col(Model.number).desc())
    return list(session.exec(query))


def numbered(project_id: int, number: int, *, session: Session) -> Model | None:
    """Version `number` of the project, if there is one."""
    query = select(Model).where(Model.project_id == project_id, Model.number == number)
    return session.exec(query.limit(1)).first()


def of_job(job_id: int, *, session: Session) -> Model | None:
    """The model that a training made."""
    return session.exec(select(Model).where(Model.job_id == job_id).limit(1)).first()
