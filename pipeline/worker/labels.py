"""The labels kind: a bundle in, zips that another tool opens out."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import WorkerError
from pipeline.formats import bundle as names
from pipeline.formats.writers import WRITERS, Writer
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_export import Archive, Bundle, BundleImage, LabelsResult, LabelsSpec
from pipeline.worker.reporter import Reporter
from storage.files import FileStore

ENTRY, A_BOX = 700, 150
"""Bytes that a picture's entries take beside its own, and those of one box, as far as is known
before they are packed."""

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can tell: the same labels make the same file, which is stored once."""


def run(spec: LabelsSpec, reporter: Reporter) -> LabelsResult:
    """Write the bundle that `spec` names; the archives go into the file store.

    Raises:
        WorkerError: the bundle cannot be read.
    """
    try:
        bundle = Bundle.model_validate_json((reporter.folder / spec.bundle_file).read_text())
    except (OSError, ValidationError) as error:
        raise WorkerError("The list of what to export can't be read.") from error
    packer = _Packer(spec, bundle, reporter)
    portions = packer.portions()
    pictures = 0 < len(portions) <= spec.max_parts
    made: list[tuple[Path, Sequence[BundleImage]]] = []
    for portion in portions if pictures else [bundle.images]:
        made += packer.pack(portion, pictures=pictures)
    archives = []
    for number, (path, images) in enumerate(made, start=1):
        part = f"-part{number}of{len(made)}" if len(made) > 1 else ""
        archives.append(
            Archive(
                key=packer.store.put_file(path),
                name=f"{spec.file_name}{part}.zip",
                size_bytes=path.stat().st_size,
                images=len(images),
                boxes=sum(len(image.boxes) for image in images),
            )
        )
        path.unlink()
    return LabelsResult(
        form=spec.form,
        tasks=bundle.tasks,
        archives=archives,
        pictures=pictures,
        missing=len(packer.missing) if pictures else 0,
    )


class _Packer:
    """Packs pictures with their labels into zips that may be sent.

    `missing`: pictures whose file is gone, or too large for any zip; their labels go all the same.
    """

    def __init__(self, spec: LabelsSpec, bundle: Bundle, reporter: Reporter) -> None:
        self.store = FileStore(spec.store)
        self.missing: set[int] = set()
        self._spec = spec
        self._bundle = bundle
        self._reporter = reporter
        self._writer: Writer = WRITERS[spec.form]
        self._done = 0
        self._zips = 0

    def portions(self) -> list[list[BundleImage]]:
        """The pictures in portions that should each fit into one zip."""
        found: list[list[BundleImage]] = []
        room = 0
        for image in self._bundle.images:
            needed = self._size(image)
            if needed > room or not found:
                found.append([])
                room = self._spec.max_bytes
            found[-1].append(image)
            room -= needed
        return found

    def _size(self, image: BundleImage) -> int:
        labels = ENTRY + 4 * len(image.file.encode()) + A_BOX * len(image.boxes)
        try:
            size = self.store.size(image.key)
        except FileNotFoundError:
            size = None
        if size is None or size + labels > self._spec.max_bytes:
            self.missing.add(image.id)
            return labels
        return size + labels

    def pack(
        self, images: Sequence[BundleImage], *, pictures: bool
    ) -> Iterator[tuple[Path, Sequence[BundleImage]]]:
        """One zip of these pictures; two where it turns out too large."""
        self._zips += 1
        path = self._reporter.out / f"{self._zips}.zip"
        self._write(path, images, pictures=pictures)
        if path.stat().st_size > self._spec.max_bytes and len(images) > 1:
            path.unlink()
            half = len(images) // 2
            yield from self.pack(images[:half], pictures=pictures)
            yield from self.pack(images[half:], pictures=pictures)
        else:
            yield path, images

    def _write(self, path: Path, images: Sequence[BundleImage], *, pictures: bool) -> None:
        part = self._bundle.model_copy(update={"images": list(images)})
        with zipfile.ZipFile(path, "w") as archive:
            _put(archive, names.MANIFEST, names.manifest(part, self._spec.form))
            _put(archive, "README.txt", self._readme())
            for name, text in self._writer.files(part):
                _put(archive, name, text)
            for image in images if pictures else ():
                if image.id not in self.missing:
                    self._put_picture(archive, image)
                self._done += 1
                self._reporter.progress(
                    Progress(stage="write", done=self._done, total=len(self._bundle.images))
                )

    def _put_picture(self, archive: zipfile.ZipFile, image: BundleImage) -> None:
        # As it stands: its digest tells later which picture it is. JPEG and PNG shrink no more.
        _put(archive, self._writer.picture(image), self.store.read(image.key), zipfile.ZIP_STORED)

    def _readme(self) -> str:
        about = "pictures that need hands" if self._bundle.tasks else "labelled pictures"
        return (
            f"{self._bundle.project}: {about}, made by taptrain.\n\n{self._writer.README}\n"
            "Keep the pictures' names: they begin with the number by which taptrain knows them.\n"
            "Change what you like, zip the folder and send it back to the bot.\n"
        )


def _put(
    archive: zipfile.ZipFile, name: str, data: str | bytes, how: int = zipfile.ZIP_DEFLATED
) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.compress_type, entry.external_attr = how, 0o644 << 16
    archive.writestr(entry, data)
