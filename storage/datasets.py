"""Dataset versions: immutable manifests, numbered by project.

A manifest is canonical JSON:

    {"project": str, "classes": [str], "images": [{"id", "key", "sha256", "name", "width", "height",
     "part": "train" | "val" | "test", "group", "source", "boxes": [[class, x1, y1, x2, y2], ...]}],
     "sources": [{"id", "title", "link", "licence", "author"}]}

with images by id and boxes by class and place, normalised xyxy rounded to 6 digits. Its digest is
the sha256 of those bytes: the same content is the same version.
"""

import hashlib
import json

from sqlmodel import Session, col, select

from storage.files import FileStore
from storage.models import DatasetVersion, Json


def canonical(manifest: Json) -> bytes:
    """The one spelling of a manifest."""
    return json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def add(
    manifest: Json, summary: Json, *, project_id: int, files: FileStore, session: Session
) -> DatasetVersion:
    """Store a manifest as the project's next version; the same content again is the same version.

    The file is written before the row that names it.
    """
    data = canonical(manifest)
    digest = hashlib.sha256(data).hexdigest()
    newest = latest(project_id, session=session)
    if newest is not None and newest.digest == digest:
        return newest
    version = DatasetVersion(
        project_id=project_id,
        number=newest.number + 1 if newest else 1,
        digest=digest,
        key=files.put_bytes(data, suffix=".json"),
        summary=summary,
    )
    session.add(version)
    session.flush()
    return version


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


def read(version: DatasetVersion, *, files: FileStore) -> Json:
    """The manifest of a version."""
    manifest: Json = json.loads(files.read(version.key))
    return manifest
