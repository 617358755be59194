"""Data sets of Kaggle: by name, by link, by words to look for."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline.archive import MAX_NAME, printable
from pipeline.errors import SourceError
from pipeline.jobs.spec_collect import Choice, CollectSpec, InputFile
from pipeline.sources import parts
from pipeline.sources.base import Fetched, Offer, Room
from pipeline.sources.transfer import Transfer
from pipeline.sources.web import download

if TYPE_CHECKING:
    from pipeline.sources.kaggle_api import KaggleApi

HITS = 6
SEARCH = re.compile(r"kaggle\s+(?P<words>\S.*)", re.IGNORECASE)
COMPETITION = re.compile(r"competitions/(?P<name>[\w-]+)")
DATASET = re.compile(r"(?P<owner>[\w-]+)/(?P<name>[\w.-]+)(?P<part>#.*)?")
LINK_PATHS = re.compile(r"/(?:datasets/(?P<set>[\w-]+/[\w.-]+)|c(?:ompetitions)?/(?P<of>[\w-]+))")
HOW = "Send it so: /add kaggle:owner/name"


class KaggleSource:
    """`kaggle:owner/name`, `kaggle:competitions/name`, their links, or `kaggle WORDS`."""

    name = "kaggle"

    def matches(self, spec: CollectSpec, room: Room) -> bool:
        """See Source."""
        return SEARCH.fullmatch(spec.what) is not None or _name(spec.what) is not None

    def fetch(self, spec: CollectSpec, room: Room) -> Fetched | Offer:
        """See Source."""
        from pipeline.sources.kaggle_api import connected

        with connected(room) as api:
            if search := SEARCH.fullmatch(spec.what):
                return _search(api, search["words"])
            name = _name(spec.what) or ""
            if competition := COMPETITION.fullmatch(name):
                return _competition(api, competition["name"], spec, room)
            dataset = DATASET.fullmatch(name)
            if dataset is None:
                raise SourceError(f"That is no name of a data set. {HOW}")
            return _dataset(api, dataset, spec, room)


def _name(what: str) -> str | None:
    """What a name or a link means, without its `kaggle:`; None when it is another site's."""
    if what.lower().startswith("kaggle:"):
        return what[len("kaggle:") :]
    parts = urlsplit(what)
    if (parts.hostname or "").lower() not in ("kaggle.com", "www.kaggle.com"):
        return None
    path = LINK_PATHS.match(unquote(parts.path))
    if path is None:
        return None
    return path["set"] or f"competitions/{path['of']}"


def _search(api: "KaggleApi", words: str) -> Offer:
    hits = api.search(words)[:HITS]
    if not hits:
        raise SourceError(f"Kaggle has no data set about “{words[:60]}”: try other words.")
    choices = [
        Choice(
            label=" · ".join(
                [
                    printable(hit.title or hit.ref, MAX_NAME)[:45],
                    parts.megabytes(hit.total_bytes or 0),
                    printable(hit.license_name or "no licence", MAX_NAME)[:20],
                    f"👍 {hit.vote_count}",
                ]
            ),
            what=f"kaggle:{hit.ref}",
        )
        for hit in hits
    ]
    return Offer(
        f"Kaggle: {words}", "Which one? Its licence says what you may do with it.", choices
    )


def _dataset(
    api: "KaggleApi", match: re.Match[str], spec: CollectSpec, room: Room
) -> Fetched | Offer:
    owner, name, part = match["owner"], match["name"], match["part"]
    about = api.dataset(owner, name)
    total, title = int(about.total_bytes or 0), str(about.title or name)
    if part is None and total > min(parts.ASK_BYTES, spec.max_bytes):
        whole = f"kaggle:{owner}/{name}"
        return parts.offer(title, whole, api.files(owner, name), total, spec.max_bytes)
    wanted = (part or "#")[1:]
    if wanted:
        found = parts.within(api.files(owner, name), wanted)
        parts.check_count(found)
        # Each by itself: an address lasts for some minutes only.
        wheres: dict[str, Callable[[], str]] = {
            file: lambda file=file: api.where(owner, name, file)  # type: ignore[misc]  # lambda default
            for file in found
        }
        files = _save(wheres, sum(found.values()), spec, room)
    else:
        files = _save({f"{name}.zip": lambda: api.where(owner, name)}, total, spec, room)
    return Fetched(title, files, _provenance(owner, name, about))


def _competition(api: "KaggleApi", name: str, spec: CollectSpec, room: Room) -> Fetched:
    files = _save({f"{name}.zip": lambda: api.where_competition(name)}, 0, spec, room)
    link = f"https://www.kaggle.com/competitions/{name}"
    return Fetched(name, files, {"link": link, "license": f"the competition's rules, {link}/rules"})


def _save(
    wheres: dict[str, Callable[[], str]], total: int, spec: CollectSpec, room: Room
) -> list[InputFile]:
    """Download each into the room's folder, watched as one transfer."""
    transfer = Transfer(room.folder, spec.max_bytes, room.reporter)
    saved, before = [], 0
    for number, (name, where) in enumerate(wheres.items()):
        path = room.folder / f"kaggle{number}"

        def tell(done: int, whole: int | None, before: int = before) -> None:
            # What is announced is the unpacked size; one zip says itself how large it is.
            transfer.at(before + done, whole if len(wheres) == 1 else max(total, before + done))

        download(where(), path, room, tell)
        before += path.stat().st_size
        saved.append(InputFile(path=str(path), name=printable(name, MAX_NAME)))
    return saved


def _provenance(owner: str, name: str, about: Any) -> dict[str, str]:
    facts = {
        "link": f"https://www.kaggle.com/datasets/{owner}/{name}",
        "title": about.title,
        "author": about.owner_name or about.creator_name or owner,
        "license": about.license_name,
        "version": about.current_version_number,
    }
    return {key: str(value)[:300] for key, value in facts.items() if value}
