"""Data sets of Hugging Face: tables in parquet, folders of pictures, zips."""

import re
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pipeline.archive import IMAGES, MAX_NAME, printable
from pipeline.errors import SourceError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import CollectSpec, InputFile
from pipeline.sources import parts
from pipeline.sources.base import Fetched, Offer, Room
from pipeline.sources.transfer import Transfer
from pipeline.sources.web import ask, download

SET = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)(?P<part>#.*)?")
LINK_PATH = re.compile(
    r"/datasets/(?P<name>[\w.-]+/[\w.-]+)(?:/(?P<how>tree|blob|resolve|raw)/[^/]+(?P<rest>/.*)?)?"
)
LINES = "metadata.jsonl"
OVERSAMPLE = 3
"""Pictures fetched for each that may be kept: screening drops many."""

NO_DATA = frozenset({"dataset_infos.json", "dataset_dict.json", "state.json", "dataset_info.json"})
"""Descriptions that hold no labels."""


class HuggingFaceSource:
    """`hf:owner/name`, or the link of its page, of a folder or of a file in it."""

    name = "huggingface"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return _name(spec.what) is not None

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched | Offer:
        """See Source."""
        match = SET.fullmatch(_name(spec.what) or "")
        if match is None:
            raise SourceError("That is no data set's name. Send it so: /add hf:owner/name")
        name, part = match["name"], match["part"]
        status, about = ask(
            f"{room.sites['huggingface']}/api/datasets/{quote(name)}?blobs=true",
            room,
            secret=_key(room),
        )
        _check(status, name, room)
        files, sha, title = _files(about), str(about.get("sha") or "main"), name
        useful = _some(parts.within(files, (part or "#")[1:], also=(LINES,)), spec.max_images)
        total = sum(useful.values())
        if part is None and total > min(parts.ASK_BYTES, spec.max_bytes):
            return parts.offer(title, f"hf:{name}", useful, total, spec.max_bytes)
        parts.check_count(useful)
        at = f"{room.sites['huggingface']}/datasets/{quote(name)}/resolve/{quote(sha)}"
        saved = _save(useful, at, spec, room)
        return Fetched(title, _laid_out(saved, about, room), _provenance(name, sha, about))


def _name(what: str) -> str | None:
    """What a name or a link means, with `#part`; None when it is another's, or a file's own."""
    if what.lower().startswith("hf:"):
        return what[len("hf:") :].strip("/")
    link = urlsplit(what)
    if (link.hostname or "").lower() not in ("huggingface.co", "www.huggingface.co", "hf.co"):
        return None
    path = LINK_PATH.fullmatch(unquote(link.path).rstrip("/"))
    if path is None or path["how"] in ("resolve", "raw"):
        return None
    rest = (path["rest"] or "").strip("/")
    if not rest:
        return path["name"]
    return f"{path['name']}#{rest}" + ("/" if path["how"] == "tree" else "")


def _key(room: Room) -> dict[str, str]:
    given = room.secrets.huggingface
    return {"Authorization": f"Bearer {given}"} if given else {}


def _check(status: int, name: str, room: Room) -> None:
    """Raise the sentence for an answer that is no success.

    Raises:
        SourceError: as said.
    """
    if status in (401, 403, 404) and not room.secrets.huggingface:
        raise SourceError(
            f"Hugging Face shows me no data set {name[:80]} ({status}): check the name; if it is "
            "private, send me a key in private, /settings huggingface=KEY."
        )
    if status == 401:
        raise SourceError(
            "Hugging Face does not take your key (401): make a new one and send it to me in "
            "private, /settings huggingface=KEY."
        )
    if status == 403:
        raise SourceError(
            "Hugging Face wants its conditions accepted first: do that on the page of "
            f"{name[:80]}, then add it again."
        )
    if status == 404:
        raise SourceError("Hugging Face has nothing by that name (404): check it.")
    if status == 429:
        raise SourceError("Hugging Face asks me to slow down (429): try again in an hour.")
    if not 200 <= status < 300:
        raise SourceError(f"Hugging Face has trouble of its own ({status}): try again later.")


def _files(about: Any) -> dict[str, int]:
    listed = about.get("siblings") if isinstance(about, dict) else None
    if not isinstance(listed, list):
        raise SourceError("Hugging Face answers in a way I don't know: try again later.")
    files = {}
    for file in (one for one in listed if isinstance(one, dict)):
        name, size = file.get("rfilename"), file.get("size")
        if isinstance(name, str) and PurePosixPath(name).name not in NO_DATA:
            files[name] = size if isinstance(size, int) else 0
    return files


def _some(files: dict[str, int], most: int) -> dict[str, int]:
    """Of pictures alone an even spread is enough; what may hold labels comes whole."""
    from pipeline.screen import evenly

    if any(PurePosixPath(name).suffix.lower() not in IMAGES for name in files):
        return files
    names = sorted(files)
    return {names[at]: files[names[at]] for at in evenly(range(len(names)), most * OVERSAMPLE)}


def _save(files: dict[str, int], at: str, spec: CollectSpec, room: Room) -> dict[str, Path]:
    """Download each file into the room's folder, watched as one transfer."""
    transfer = Transfer(room.folder, spec.max_bytes, room.reporter)
    saved: dict[str, Path] = {}
    total, before = sum(files.values()), 0
    for number, name in enumerate(files):
        path = room.folder / f"hf{number}"

        def tell(done: int, whole: int | None, before: int = before) -> None:
            transfer.at(before + done, max(total, before + (whole or done)))

        download(f"{at}/{quote(name)}", path, room, tell, secret=_key(room))
        before += path.stat().st_size
        saved[name] = path
    return saved


def _laid_out(saved: dict[str, Path], about: dict[str, Any], room: Room) -> list[InputFile]:
    """Tables become pictures and a COCO file; everything else is left as it is."""
    from pipeline.sources.hf_rows import Rows

    def tell(done: int, total: int) -> None:
        room.reporter.progress(Progress(stage="labels", done=done, total=total))

    rows = Rows(room.folder, about.get("cardData"))
    files: list[InputFile] = []
    for name, path in saved.items():
        if name.endswith(".parquet"):
            files += rows.parquet(path, name, tell)
            # Its pictures lie beside it now, once more.
            path.unlink()
        elif PurePosixPath(name).name == LINES:
            rows.lines(path, name, saved)
        else:
            files.append(InputFile(path=str(path), name=printable(name, MAX_NAME)))
    labels = rows.labels()
    return [*files, labels] if labels is not None else files


def _provenance(name: str, sha: str, about: dict[str, Any]) -> dict[str, str]:
    card = about.get("cardData")
    license_ = card.get("license") if isinstance(card, dict) else None
    facts = {
        "link": f"https://huggingface.co/datasets/{name}",
        "author": about.get("author") or name.partition("/")[0],
        "license": ", ".join(license_) if isinstance(license_, list) else license_,
        "version": sha,
    }
    return {key: str(value)[:300] for key, value in facts.items() if value}
