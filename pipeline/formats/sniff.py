"""Which form the labels of an archive have: every reader looks, the fullest answer leads."""

from collections.abc import Iterable

from pipeline.errors import LabelError
from pipeline.formats import bundle, csvlabels, documents, exact, yolo
from pipeline.formats.base import Files, Labels, SizeOf
from pipeline.formats.pictures import Pictures


def read_labels(files: Files, image_names: Iterable[str], size_of: SizeOf) -> Labels:
    """Labels of an archive, whatever form they have; empty when there are none.

    Data sets often carry the same boxes in two forms: the one that labels most pictures is taken,
    the others only for pictures that it leaves out.

    Raises:
        LabelError: labels are there but cannot be understood at all.
    """
    pictures = Pictures(image_names)
    trouble: LabelError | None = None
    found: list[Labels | None] = [*documents.read(files, pictures, size_of)]
    found.append(csvlabels.read(files, pictures, size_of))
    try:
        found.append(yolo.read(files, pictures))
    except LabelError as error:
        trouble = error
    ranked = sorted(
        (labels for labels in found if labels is not None), key=lambda labels: -len(labels.boxes)
    )
    if trouble and not any(labels.boxes for labels in ranked):
        raise trouble
    manifests = bundle.read_manifests(files)
    # Some forms have no place for the order of the classes.
    order = dict.fromkeys(label for one in manifests for label in one.classes)
    merged = Labels("", classes=list(order) if ranked else [])
    for labels in ranked:
        fresh = {name: rows for name, rows in labels.boxes.items() if name not in merged.boxes}
        if not fresh and merged.boxes:
            continue
        merged.form = "+".join(filter(None, (merged.form, labels.form)))
        merged.boxes.update(fresh)
        merged.whole.update(labels.whole)
        merged.classes += [label for label in labels.classes if label not in merged.classes]
        merged.report.merge(labels.report)
    merged.whole = {name: label for name, label in merged.whole.items() if name not in merged.boxes}
    exact.restore(merged, manifests)
    return merged
