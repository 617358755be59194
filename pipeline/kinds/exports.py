"""Files of a model beside its usual package: the jobs that make them, and what was made before."""

from sqlmodel import Session

from pipeline.kinds.forms import PAGES, Wanted
from storage import jobs
from storage.models import Job, Json, Model


def request(model: Model, wanted: Wanted) -> Json:
    """What a job that makes it is asked."""
    return {
        "model_id": model.id,
        "form": wanted.form,
        "precision": wanted.precision,
        "imgsz": wanted.imgsz,
    }


def is_one(job: Job) -> bool:
    """Whether a job makes a file that a person asked for, not the model's usual package."""
    return job.kind in ("package", "model_file") and "form" in job.request


def wanted_by(job: Job) -> Wanted:
    """What the job makes."""
    asked = job.request
    return Wanted(asked["form"], asked["precision"], asked["imgsz"])


def queue(
    model: Model,
    wanted: Wanted,
    *,
    chat_id: int,
    member_id: int,
    idempotency_key: str,
    session: Session,
) -> Job:
    """Queue the making of a file; a job of the same chat that makes it already is that job."""
    kind = "package" if wanted.form in PAGES else "model_file"
    return once(
        kind,
        model,
        request(model, wanted),
        chat_id=chat_id,
        member_id=member_id,
        idempotency_key=idempotency_key,
        session=session,
    )


def count_open(project_id: int, *, session: Session) -> int:
    """How many files are being made of the project's models, or wait to be."""
    return sum(
        is_one(job) and not jobs.terminal(job)
        for kind in ("package", "model_file")
        for job in jobs.of_project(project_id, kind, session=session)
    )


def once(
    kind: str,
    model: Model,
    request: Json,
    *,
    chat_id: int,
    member_id: int,
    idempotency_key: str,
    session: Session,
) -> Job:
    """The chat's job that is asked exactly this and not over yet, else a new one."""
    for job in jobs.of_project(model.project_id, kind, session=session):
        # What a preparing adds to a request says nothing about what was asked.
        asked = {name: job.request.get(name) for name in request}
        beside = is_one(job) and "form" not in request
        if asked == request and not beside and job.chat_id == chat_id and not jobs.terminal(job):
            return job
    return jobs.create(
        kind=kind,
        project_id=model.project_id,
        chat_id=chat_id,
        member_id=member_id,
        request=request,
        idempotency_key=idempotency_key,
        session=session,
    )


def kept(model: Model, wanted: Wanted) -> Json | None:
    """What was made of it before: `files` (key, name, size_bytes each), its proof and more."""
    found: Json | None = model.details.get("files", {}).get(wanted.key)
    return found


def keep(model: Model, wanted: Wanted, made: Json, *, session: Session) -> None:
    """Remember what was made."""
    files = {**model.details.get("files", {}), wanted.key: made}
    model.details = {**model.details, "files": files}
    session.add(model)
    session.flush()
