"""Label files that are one XML or JSON document: each is parsed once and goes to whom it fits."""

import json
from pathlib import PurePosixPath
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.formats import coco, createml, cvat, labelme, labelstudio, voc
from pipeline.formats.base import Files, Labels, Report, SizeOf, read_text
from pipeline.formats.pictures import Pictures

MAX_XML = 64 << 20
MAX_JSON = 256 << 20


class Reader(Protocol):
    """A form of labels."""

    FORM: str

    def fits(self, document: Any, /) -> bool:
        """Whether a parsed file is one of these."""

    def read_one(
        self, document: Any, name: str, labels: Labels, pictures: Pictures, size_of: SizeOf, /
    ) -> None:
        """Add the labels of the file `name`."""


XML: tuple[Reader, ...] = (voc, cvat)
JSON: tuple[Reader, ...] = (coco, createml, labelme, labelstudio)


def read(files: Files, pictures: Pictures, size_of: SizeOf) -> list[Labels]:
    """Labels of every XML and JSON file among `files`, by form.

    `size_of` gives a picture's width and height as shown, for files that leave them out or lie.
    """
    found: dict[str, Labels] = {}
    broken = Report()
    for name in sorted(files):
        ending = PurePosixPath(name).suffix.lower()
        if ending not in (".xml", ".json"):
            continue
        parse, readers = (_xml, XML) if ending == ".xml" else (_json, JSON)
        document = parse(files, name, broken)
        reader = next((one for one in readers if document is not None and one.fits(document)), None)
        if reader is not None:
            labels = found.setdefault(reader.FORM, Labels(reader.FORM))
            reader.read_one(document, name, labels, pictures, size_of)
    if found:
        # Alone it would say nothing: not every JSON file beside pictures holds labels.
        next(iter(found.values())).report.merge(broken)
    return list(found.values())


def _json(files: Files, name: str, broken: Report) -> Any:
    text = read_text(files[name], MAX_JSON)
    if text is None:
        broken.add(name, None, "the file is too large")
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        broken.add(name, None, "not readable as JSON")
        return None


def _xml(files: Files, name: str, broken: Report) -> Any:
    text = read_text(files[name], MAX_XML)
    if text is None:
        broken.add(name, None, "the file is too large")
        return None
    try:
        return fromstring(text.lstrip("\ufeff \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        broken.add(name, None, "not readable as XML")
        return None
