"""Package jobs: from a model to a verified zip for the browser, and its page."""

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlmodel import Session

from pipeline.jobs.spec import PackageResult, PackageSpec
from pipeline.kinds import exports, forms, pages, parcels
from pipeline.kinds.places import Places, made
from storage import datasets, projects
from storage.models import Job, Json, Model, Project

SELFTEST_CANDIDATES = 24


def queue(
    model: Model, *, chat_id: int, member_id: int, idempotency_key: str, session: Session
) -> Job:
    """Queue the usual packaging of a model; in a chat that waits for it already it is that one."""
    return exports.once(
        "package",
        model,
        {"model_id": model.id},
        chat_id=chat_id,
        member_id=member_id,
        idempotency_key=idempotency_key,
        session=session,
    )


def first_key(model: Model) -> str:
    """Marks the packaging that follows the training by itself: people wait for its result."""
    return f"package:{model.id}"


def model_of(job: Job, *, session: Session) -> Model:
    """The model that a package job is about.

    Raises:
        LookupError: it is gone.
    """
    model = session.get(Model, job.request["model_id"])
    if model is None:
        raise LookupError(job.request["model_id"])
    return model


def file_name(project: Project, model: Model) -> str:
    """`PROJECT-vN-tfjs.zip`."""
    return forms.file_name(project, model, forms.usual(model))


def single_name(project: Project, model: Model) -> str:
    """`PROJECT-vN.html`: the page as one file."""
    return f"{projects.file_name(project)}-v{model.number}.html"


def wanted(job: Job, model: Model) -> forms.Wanted:
    """What the job makes of the model."""
    return exports.wanted_by(job) if exports.is_one(job) else forms.usual(model)


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> PackageSpec:
    """The spec: what metadata.json says, and pictures to choose the self-test from."""
    model = model_of(job, session=session)
    project = projects.get(model.project_id, session=session)
    dataset = datasets.get(model.dataset_id, session=session)
    manifest = datasets.read(dataset, files=places.files)
    asked = wanted(job, model)
    return PackageSpec(
        store=places.store,
        weights=model.weights_key,
        form="litert" if asked.form == "litert" else "tfjs",
        imgsz=asked.imgsz,
        precision=asked.precision,
        file_name=forms.file_name(project, model, asked),
        metadata={
            "project": project.name,
            "version": model.number,
            "classes": manifest["classes"],
            "architecture": model.architecture,
            "metrics": model.metrics,
            "dataset": {
                "version": dataset.number,
                "digest": dataset.digest,
                "images": dataset.summary["images"],
                "boxes": dataset.summary["boxes"],
                "leaks": dataset.summary["leaks"],
                "near_copies": model.details.get("near_copies", {}),
            },
            "training": _training(model),
            "attribution": manifest["sources"],
            "created": model.created_at.replace(tzinfo=UTC).isoformat(timespec="seconds"),
        },
        selftest_pictures=candidates(manifest, asked.imgsz),
        manifest=dataset.key,
    )


def _training(model: Model) -> dict[str, Any]:
    """All it takes to train so again, with the dataset's digest beside it.

    Models of earlier releases tell less.
    """
    told = (
        *("start", "start_weights", "asked", "epochs", "best_epoch", "seconds", "batch"),
        *("arguments", "args", "versions"),
    )
    return {key: model.details[key] for key in told if key in model.details}


def candidates(manifest: dict[str, Any], imgsz: int) -> list[str]:
    """Unseen pictures first; among them those that are not square and larger than the input."""

    def rank(image: dict[str, Any]) -> tuple[bool, bool, int]:
        wide, high = image["width"], image["height"]
        plain = wide == high or min(wide, high) <= imgsz
        return (image["part"] == "train", plain, -len(image["boxes"]))

    return [image["key"] for image in sorted(manifest["images"], key=rank)][:SELFTEST_CANDIDATES]


def chunks(
    job: Job, result: PackageResult, folder: Path, places: Places
) -> Iterator[Callable[[Session], None]]:
    """The zip goes into the store and the page to where it is served, then the model names them.

    Files are copied between the transactions, never within one; doing it again changes nothing.
    Of a package that somebody asked for beside the usual one the page is not served.
    """
    names: list[str] = []
    token = ""

    def look(session: Session) -> None:
        nonlocal token
        model = model_of(job, session=session)
        project = projects.get(model.project_id, session=session)
        token = model.page_token
        names.append(forms.file_name(project, model, wanted(job, model)))

    yield look
    facts = result.model_dump(mode="json", exclude={"kind", "package", "page", "single"})
    zipped = made(folder, result.package)
    facts["files"] = parcels.put(zipped, names[0], places.files)
    if exports.is_one(job):
        yield lambda session: _keep_beside(job, facts, session=session)
        return
    if result.single is not None and result.single_bytes <= parcels.LIMIT:
        facts["single_key"] = places.files.put_file(made(folder, result.single))
    # In several parts it is kept as a whole, too.
    whole = len(facts["files"]) == 1
    key = facts["files"][0]["key"] if whole else places.files.put_file(zipped)
    pages.serve(made(folder, result.page), places.pages / token)
    yield lambda session: _keep(job, facts, key, session=session)


def _keep(job: Job, facts: Json, key: str, *, session: Session) -> None:
    model = model_of(job, session=session)
    model.package_key = key
    model.details = {**model.details, "package": facts}
    session.add(model)
    session.flush()


def _keep_beside(job: Job, facts: Json, *, session: Session) -> None:
    model = model_of(job, session=session)
    exports.keep(model, wanted(job, model), facts, session=session)
