"""Model file jobs: a model as one file that programs load."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlmodel import Session

from pipeline.jobs.spec import ModelFileResult, ModelFileSpec
from pipeline.kinds import exports, forms, package, parcels
from pipeline.kinds.places import Places, made
from storage import datasets, projects
from storage.models import Job


def prepare(job: Job, folder: Path, places: Places, *, session: Session) -> ModelFileSpec:
    """The spec: what is converted to what."""
    model = package.model_of(job, session=session)
    project = projects.get(model.project_id, session=session)
    manifest = datasets.read(datasets.get(model.dataset_id, session=session), files=places.files)
    wanted = exports.wanted_by(job)
    return ModelFileSpec(
        store=places.store,
        weights=model.weights_key,
        form="onnx" if wanted.form == "onnx" else "tflite",
        precision=wanted.precision,
        imgsz=wanted.imgsz,
        file_name=forms.file_name(project, model, wanted),
        classes=manifest["classes"],
        selftest_pictures=package.candidates(manifest, wanted.imgsz),
    )


def chunks(
    job: Job, result: ModelFileResult, folder: Path, places: Places
) -> Iterator[Callable[[Session], None]]:
    """The file goes into the store, then the model names it; doing it again changes nothing."""
    path = made(folder, result.file)
    facts = result.model_dump(mode="json", exclude={"kind", "file"})
    facts["files"] = parcels.put(path, path.name, places.files)

    def keep(session: Session) -> None:
        model = package.model_of(job, session=session)
        exports.keep(model, exports.wanted_by(job), facts, session=session)

    yield keep
