"""Kaggle as its client sees it: public and private sets, a search, a competition with rules."""

import base64
from dataclasses import dataclass, field

from tests.support.service import Call, Reply, Service
from tests.support.www import Www

USER, KEY = "ann", "0123456789abcdef"
TOKEN = "KGAT_0123456789abcdef"


@dataclass
class DataSet:
    """A set: its zip's address, what is said of it, and its files by path with their addresses."""

    archive: str = ""
    private: bool = False
    total_bytes: int = 1000
    files: dict[str, tuple[int, str]] = field(default_factory=dict)


class Kaggle(Service):
    """Knows `sets` by `owner/name` and competitions by name with whether the rules are accepted."""

    def __init__(self, www: Www) -> None:
        super().__init__()
        self.www = www
        self.sets: dict[str, DataSet] = {}
        self.competitions: dict[str, tuple[str, bool]] = {}

    def answer(self, call: Call) -> Reply:
        """By the last part of the path, as the client calls it."""
        asked = call.body or {}
        known = self._known(call.headers.get("authorization", ""))
        if known is None:
            return _error(401, "Unauthenticated")
        match call.path.rsplit("/", 1)[-1]:
            case "ListDatasets":
                hits = [ref for ref in self.sets if asked.get("search", "") in ref]
                return Reply({"datasets": [self._about(ref) for ref in hits]})
            case "DownloadDataFiles":
                return self._competition(asked["competitionName"], known)
            case name:
                return self._dataset(name, asked, known)

    def _known(self, said: str) -> bool | None:
        """Whether the caller is a known one; None for a key that is wrong."""
        if not said:
            return False
        basic = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        return True if said in (basic, f"Bearer {TOKEN}") else None

    def _about(self, ref: str) -> dict[str, object]:
        return {
            "id": 1,
            "ref": ref,
            "titleNullable": f"All {ref.partition('/')[2]}",
            "title": f"All {ref.partition('/')[2]}",
            "ownerNameNullable": "Ann Example",
            "ownerName": "Ann Example",
            "licenseNameNullable": "CC0-1.0",
            "licenseName": "CC0-1.0",
            "totalBytes": self.sets[ref].total_bytes,
            "totalBytesNullable": self.sets[ref].total_bytes,
            "voteCount": 12,
            "currentVersionNumber": 3,
            "currentVersionNumberNullable": 3,
        }

    def _dataset(self, name: str, asked: dict[str, str], known: bool) -> Reply:
        ref = f"{asked.get('ownerSlug')}/{asked.get('datasetSlug')}"
        there = self.sets.get(ref)
        if there is None:
            return _error(404, "Not found")
        if there.private and not known:
            return _error(403, "Permission 'datasets.get' was denied")
        match name:
            case "GetDataset":
                return Reply(self._about(ref))
            case "ListDatasetFiles":
                rows = [{"name": n, "totalBytes": size} for n, (size, _) in there.files.items()]
                at = int(asked.get("pageToken") or 0)
                more = str(at + 2) if at + 2 < len(rows) else ""
                return Reply({"datasetFiles": rows[at : at + 2], "nextPageToken": more})
            case "DownloadDataset":
                file = asked.get("fileName")
                to = there.files[file][1] if file else there.archive
                return Reply(status=302, location=to)
        return _error(404, f"unknown {name}")

    def _competition(self, name: str, known: bool) -> Reply:
        if name not in self.competitions:
            return _error(404, "Not found")
        archive, accepted = self.competitions[name]
        if not known or not accepted:
            return _error(403, "You must accept this competition's rules")
        return Reply(status=302, location=archive)


def _error(status: int, message: str) -> Reply:
    return Reply({"code": status, "message": message}, status)
