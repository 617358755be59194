"""Compare jobs: two models side by side on pictures that neither learned from."""

from pathlib import Path
from typing import Any

from sqlmodel import Session

from pipeline.errors import DatasetError, UserError
from pipeline.jobs.spec import CompareResult, CompareSpec
from pipeline.jobs.spec_compare import Contestant
from pipeline.kinds import exports
from pipeline.kinds.places import Places
from storage import datasets, jobs
from storage.models import DatasetVersion, Job, Model

PART = "test"


class NothingAside(DatasetError):
    """Nothing with boxes is kept aside to judge by: label more, then train again."""


class AllLearned(DatasetError):
    """One of them learned from every picture kept aside: label more, then train again."""


def comparable(one: Model, other: Model) -> bool:
    """Whether both find the same classes."""
    return classes(one) == classes(other)


def classes(model: Model) -> list[str]:
    """What a model finds; models of the first releases do not tell."""
    found: list[str] = model.details.get("classes", [])
    return found


def pairs(models: list[Model], current: Model | None, limit: int) -> list[tuple[Model, Model]]:
    """Pairs worth a look, the older first: the one in use with each other, newest first."""
    newest_first = sorted(models, key=lambda model: -model.number)
    if current is None:
        return []
    found = [
        (min(one, current, key=_number), max(one, current, key=_number))
        for one in newest_first
        if one.number != current.number and comparable(one, current)
    ]
    return found[:limit]


def _number(model: Model) -> int:
    return model.number


def exam(one: Model, other: Model, *, session: Session) -> DatasetVersion:
    """The data whose test part both are judged on: the newer one's.

    Raises:
        UserError: they are the same model, or find different classes.
        NothingAside: it keeps nothing with boxes aside.
    """
    if one.number == other.number:
        raise UserError("Two different versions, please: /compare 2 3.")
    if not comparable(one, other):
        raise UserError(
            f"v{one.number} and v{other.number} find different classes, so there is nothing to "
            "compare: train again, then compare the two newest."
        )
    versions = [datasets.get(model.dataset_id, session=session) for model in (one, other)]
    newer = max(versions, key=lambda version: version.number)
    if not newer.summary.get("parts", {}).get(PART, {}).get("boxes"):
        raise NothingAside
    return newer


def queue(
    one: Model,
    other: Model,
    *,
    chat_id: int,
    member_id: int,
    idempotency_key: str,
    session: Session,
) -> Job:
    """Queue a comparison, or give the chat's job that is about the same two.

    Raises:
        UserError: they cannot be compared; see `exam`.
    """
    data = exam(one, other, session=session)
    return exports.once(
        "compare",
        other,
        _request(one, other, data),
        chat_id=chat_id,
        member_id=member_id,
        idempotency_key=idempotency_key,
        session=session,
    )


def done(one: Model, other: Model, *, session: Session) -> tuple[Job, CompareResult] | None:
    """An earlier comparison of these two: nothing of it can have changed.

    Raises:
        UserError: they cannot be compared; see `exam`.
    """
    asked = _request(one, other, exam(one, other, session=session))
    for job in jobs.of_project(one.project_id, "compare", session=session):
        same = all(job.request.get(name) == value for name, value in asked.items())
        if same and job.state == "succeeded":
            return job, CompareResult.model_validate(job.result)
    return None


def _request(one: Model, other: Model, data: DatasetVersion) -> dict[str, Any]:
    return {"models": [one.id, other.id], "dataset_id": data.id}


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> CompareSpec:
    """The spec: the pictures that neither of the two learned from.

    Raises:
        AllLearned: there is none with boxes.
    """
    models = [session.get_one(Model, model_id) for model_id in job.request["models"]]
    data = datasets.get(job.request["dataset_id"], session=session)
    manifest = datasets.read(data, files=places.files)
    learned: set[str] = set()
    for dataset_id in {model.dataset_id for model in models}:
        version = datasets.get(dataset_id, session=session)
        learned |= _learned(datasets.read(version, files=places.files))
    aside = [image for image in manifest["images"] if image["part"] == PART]
    unseen = [image for image in aside if image["key"] not in learned]
    if not any(image["boxes"] for image in unseen):
        raise AllLearned
    # The result is told with it: a part is assigned once, but a version may come from elsewhere.
    job.request = {**job.request, "left_out": len(aside) - len(unseen), "data": data.number}
    session.add(job)
    one, other = (
        Contestant(
            key=model.weights_key,
            architecture=model.architecture,
            classes=manifest["classes"],
            imgsz=model.imgsz,
            number=model.number,
        )
        for model in models
    )
    return CompareSpec(
        store=places.store,
        manifest=data.key,
        pictures=[image["id"] for image in unseen],
        models=(one, other),
    )


def _learned(manifest: dict[str, Any]) -> set[str]:
    """The pictures that a version's training has seen, to learn from or to choose the best by."""
    return {image["key"] for image in manifest["images"] if image["part"] != PART}
