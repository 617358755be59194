"""Dataset versions: immutable manifests, numbered by project.

A manifest is canonical JSON:

    {"project": str, "classes": [str], "images": [{"id", "key", "sha256", "name", "width", "height",
     "part": "train" | "val" | "test", "group", "source", "boxes": [[class, x1, y1, x2, y2], ...]}],
     "sources": [{"id", "title", "source", "link", "author", "licence"}]}

with images by id and boxes by class and place, normalised xyxy rounded to 6 digits. Its digest is
over what is learned from alone (see `digest_of`): the same content is the same version.
"""

import hashlib
import json
from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage.files import FileStore
from storage.models import DatasetVersion, Json

FORM = 2
"""How digests are made now. Form 1 was the sha256 of the manifest's bytes, row ids and all."""

DIGITS = 6
"""Boxes are told apart to so many digits."""


def canonical(manifest: Json) -> bytes:
    """The one spelling of a manifest."""
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(manifest: Json) -> str:
    """64 hex digits over the classes, and each picture's sha256, part and boxes.

    Nothing of it is this database's own, so an archive that carries these restores the digest.
    """
    images = sorted(
        [image["sha256"], image["part"], sorted(_row(row) for row in image["boxes"])]
        for image in manifest["images"]
    )
    content = {"classes": manifest["classes"], "images": images}
    return hashlib.sha256(canonical(content)).hexdigest()


def _row(row: Sequence[float]) -> list[float]:
    # Whatever wrote the numbers: 1 and 1.0 are spelled alike here, and so are 0.0 and -0.0.
    return [int(row[0]), *(round(float(value), DIGITS) + 0.0 for value in row[1:])]


def add(
    manifest: Json, summary: Json, *, project_id: int, files: FileStore, session: Session
) -> DatasetVersion:
    """Store a manifest as the project's next version; the same content again is the same version.

    The file is written before the row that names it.
    """
    digest = digest_of(manifest)
    newest = latest(project_id, session=session)
    if newest is not None and digest == _digest_now(newest, files=files):
        # What is left out, or said of it, may be another today.
        newest.summary = summary
        session.add(newest)
        return newest
    version = DatasetVersion(
        project_id=project_id,
        number=newest.number + 1 if newest else 1,
        digest=digest,
        form=FORM,
        key=files.put_bytes(canonical(manifest), suffix=".json"),
        summary=summary,
    )
    session.add(version)
    session.flush()
    return version


def _digest_now(version: DatasetVersion, *, files: FileStore) -> str:
    """The digest in the present form; a version keeps the one it was made with."""
    if version.form == FORM:
        return version.digest
    return digest_of(read(version, files=files))


def latest(project_id: int, *, session: Session) -> DatasetVersion | None:
    """The project's newest version."""
    query = (
        select(DatasetVersion)
        .where(DatasetVersion.project_id == project_id)
        .order_by(col(DatasetVersion.number).desc())
    )
    return session.exec(query.limit(1)).first()


def get(dataset_id: int, *, session: Session) -> DatasetVersion:
    """The version.

    Raises:
        LookupError: there is none with this id.
    """
    version = session.get(DatasetVersion, dataset_id)
    if version is None:
        raise LookupError(dataset_id)
    return version


def of_project(project_id: int, *, session: Session) -> list[DatasetVersion]:
    """All versions of the project, newest first."""
    query = select(DatasetVersion).where(DatasetVersion.project_id == project_id)
    return list(session.exec(query.order_by(col(DatasetVersion.number).desc())))


def numbered(project_id: int, number: int, *, session: Session) -> DatasetVersion | None:
    """Version `number` of the project's data, if there is one."""
    query = select(DatasetVersion).where(
        DatasetVersion.project_id == project_id, DatasetVersion.number == number
    )
    return session.exec(query.limit(1)).first()


def read(version: DatasetVersion, *, files: FileStore) -> Json:
    """The manifest of a version."""
    manifest: Json = json.loads(files.read(version.key))
    return manifest
