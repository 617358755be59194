"""Where pictures come from and whose they are: one form for whatever sources and archives say.

Facts are a flat mapping. Five keys mean the same everywhere: `source` (which reader fetched it),
`link`, `title`, `author` and `licence`; what a source tells beside them is kept as it is.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from pipeline.formats.base import Files, read_text
from pipeline.formats.bundle import MANIFEST

KEYS = ("source", "link", "title", "author", "licence")
SAID_AS = {
    "license": "licence",
    "uploader": "author",
    "channel": "author",
    "creator": "author",
    "owner": "author",
    "url": "link",
    "webpage_url": "link",
}
"""What sources call them; of several the first that says something counts."""

YOUTUBE = "YouTube Standard Licence"
"""What a film of YouTube is under when nothing else is said of it."""

MAX_FACT = 300
MAX_NOTES = 1 << 20
BETWEEN = "; "

HEADING = re.compile(r"^# ([^>\n]+)", re.MULTILINE)
LINK = re.compile(r"^https://\S+", re.MULTILINE)
LICENCE = re.compile(r"^Licen[cs]e: *(.+)$", re.MULTILINE | re.IGNORECASE)
PROVIDER = re.compile(r"^Provided by (?!a Roboflow user)(.+)$", re.MULTILINE)
WORKSPACE = re.compile(r"^https://universe\.roboflow\.com/([^/\s]+)/", re.MULTILINE)
BLOCK = re.compile(r"^roboflow:[ \t]*\r?\n((?:[ \t]+\S.*(?:\r?\n|$))+)", re.MULTILINE)
ENTRY = re.compile(r"^[ \t]+(\w+):[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)


def normalised(facts: Mapping[str, object]) -> dict[str, str]:
    """`facts` with the five keys under their own names, each one printable line.

    A film of YouTube without a licence is under YouTube's own: it names only the other one.
    """
    found: dict[str, str] = {}
    for key, value in facts.items():
        if key not in SAID_AS and (line := _line(value)):
            found[key] = line
    for key, ours in SAID_AS.items():
        if line := _line(facts.get(key)):
            found.setdefault(ours, line)
    if "licence" not in found and found.get("extractor_key", "").lower() == "youtube":
        found["licence"] = YOUTUBE
    return found


def attribution(facts: Mapping[str, object]) -> dict[str, str]:
    """Only the five keys, where they are known: what travels with a data set or a model."""
    found = normalised(facts)
    return {key: found[key] for key in KEYS if key in found}


def of_files(files: Files) -> dict[str, str]:
    """What notes inside archives say: title, link, author, licence.

    Read are Roboflow's README.dataset.txt, README.roboflow.txt and data.yaml, and what an archive
    of taptrain's own says of its sources. Of several archives all licences and authors are named.
    """
    sets: dict[PurePosixPath, dict[str, str]] = {}
    for name in sorted(files):
        path = PurePosixPath(name)
        if path.name.lower() in READERS:
            text = read_text(files[name], MAX_NOTES) or ""
            # Notes side by side are about one set: the first that says something counts.
            sets[path.parent] = {**notes_in(path.name, text), **sets.get(path.parent, {})}
    return {
        key: line
        for key in KEYS
        if (line := _joined(one[key] for one in sets.values() if key in one))
    }


def notes_in(name: str, text: str) -> dict[str, str]:
    """What the text of a file of this name says; empty where it is no such file."""
    reader = READERS.get(name.lower())
    return attribution(reader(text)) if reader else {}


def _readme(text: str) -> dict[str, object]:
    title, link, licence = HEADING.search(text), LINK.search(text), LICENCE.search(text)
    author = PROVIDER.search(text) or WORKSPACE.search(text)
    found = {"title": title, "author": author, "licence": licence}
    return {
        **{key: match[1] for key, match in found.items() if match},
        **({"link": link[0]} if link else {}),
    }


def _export_note(text: str) -> dict[str, object]:
    licence = LICENCE.search(text)
    return {"licence": licence[1]} if licence else {}


def _yaml(text: str) -> dict[str, object]:
    # Five plain lines: no reader of YAML, with all that it would run or unfold, is needed.
    block = BLOCK.search(text)
    entries = dict(ENTRY.findall(block[1])) if block else {}
    plain = {key: value.strip("\"'") for key, value in entries.items()}
    named = {"author": "workspace", "licence": "license", "link": "url"}
    return {ours: plain[theirs] for ours, theirs in named.items() if theirs in plain}


def _own(text: str) -> dict[str, object]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    sources = data.get("sources") if isinstance(data, dict) else None
    rows = [row for row in sources if isinstance(row, dict)] if isinstance(sources, list) else []
    return {
        key: _joined(str(row[key]) for row in rows if row.get(key))
        for key in ("title", "link", "author", "licence")
    }


READERS = {
    "readme.dataset.txt": _readme,
    "readme.roboflow.txt": _export_note,
    "data.yaml": _yaml,
    MANIFEST: _own,
}
"""Which notes are read, by the file's name in small letters."""


def _joined(values: Iterable[str]) -> str:
    return _line(BETWEEN.join(dict.fromkeys(values)))


def _line(value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())[:MAX_FACT]
