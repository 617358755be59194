"""Label Studio: `tasks.json`, the labelling set-up and `images/`.

What is done goes out as annotations, what needs hands as predictions; a prediction that becomes an
annotation keeps its region's id.
"""

import json
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipeline.formats import bundle as names
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage
from pipeline.labelling.colours import colour

README = """\
1. Start Label Studio with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and with
   LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=THIS_FOLDER (the one that tasks.json lies in).
2. New project: paste label_config.xml under Labeling Setup, Custom template.
3. Settings, Cloud Storage, Add Source Storage, Local files: THIS_FOLDER/images. Do not sync.
4. Import tasks.json.
5. Back: Export, JSON. Send that file.
"""


def picture(image: BundleImage) -> str:
    """See Writer."""
    return f"images/{image.file}"


def files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """See Writer."""
    yield "label_config.xml", _set_up(bundle)
    kind = "predictions" if bundle.tasks else "annotations"
    tasks = [
        {
            "data": {
                "image": f"/data/local-files/?d={quote(picture(image))}",
                "taptrain_image": image.id,
                "part": image.part,
            },
            kind: [
                {
                    "result": [_region(box, image) for box in image.boxes],
                    **({"model_version": "taptrain"} if bundle.tasks else {"was_cancelled": False}),
                }
            ],
        }
        for image in bundle.images
    ]
    yield "tasks.json", json.dumps(tasks, ensure_ascii=False)


def _set_up(bundle: Bundle) -> str:
    view = Element("View")
    SubElement(view, "Image", name="image", value="$image", zoom="true")
    labels = SubElement(view, "RectangleLabels", name="label", toName="image")
    for place, name in enumerate(bundle.classes):
        background = "#{:02x}{:02x}{:02x}".format(*colour(place))
        SubElement(labels, "Label", value=name, background=background)
    indent(view, "  ")
    return tostring(view, encoding="unicode") + "\n"


def _region(box: BoxItem, image: BundleImage) -> dict[str, object]:
    x1, y1, x2, y2 = box.xyxy
    score = {} if box.score is None else {"score": box.score}
    return {
        "id": f"{names.MARK}-{box.id}",
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": image.width,
        "original_height": image.height,
        "image_rotation": 0,
        "value": {
            "x": round(100 * x1, 9),
            "y": round(100 * y1, 9),
            "width": round(100 * (x2 - x1), 9),
            "height": round(100 * (y2 - y1), 9),
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
        **score,
    }
