"""Hugging Face's hub: what a set holds, and files that lie on other servers."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.service import Call, Reply, Service
from tests.support.www import Www

KEY = "hf_0123456789abcdef"
SHA = "0a1b2c3d"


@dataclass
class HubSet:
    """A set: its files by path, what its card says, and who may see it."""

    files: dict[str, bytes] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    sizes: dict[str, int] = field(default_factory=dict)


class HuggingFace(Service):
    """Knows `sets` by `owner/name`; `www` is where its files lie."""

    def __init__(self, www: Www) -> None:
        super().__init__()
        self.www = www
        self.sets: dict[str, HubSet] = {}

    def answer(self, call: Call) -> Reply:
        """The interface, and addresses of files."""
        given = call.headers.get("authorization")
        if given not in (None, f"Bearer {KEY}"):
            return Reply({"error": "Invalid credentials"}, 401)
        parts = call.path.strip("/").split("/")
        name = "/".join(parts[2:4] if parts[0] == "api" else parts[1:3])
        there = self.sets.get(name)
        if there is None or (there.private and given is None):
            return Reply({"error": "Repository not found"}, 404 if given else 401)
        if there.gated:
            return Reply({"error": "Access to dataset is restricted"}, 403)
        if parts[0] == "api":
            return Reply(self._about(name, there))
        assert parts[3:5] == ["resolve", SHA]
        return Reply(status=302, location=f"http://{self.www.host}/{'/'.join(parts[5:])}")

    def _about(self, name: str, there: HubSet) -> dict[str, Any]:
        for path, data in there.files.items():
            if f"/{path}" not in self.www.answers:
                self.www.put(f"/{path}", data, headers={"ETag": '"one"'})
        sizes = {path: len(data) for path, data in there.files.items()} | there.sizes
        return {
            "id": name,
            "author": name.partition("/")[0],
            "sha": SHA,
            "cardData": there.card,
            "siblings": [{"rfilename": path, "size": size} for path, size in sizes.items()],
        }


def table(
    rows: list[dict[str, Any]], features: dict[str, Any] | None = None, *, group: int = 2
) -> bytes:
    """A parquet file as the `datasets` library writes it."""
    made = pa.Table.from_pylist(rows)
    if features is not None:
        info = json.dumps({"info": {"features": features}}).encode()
        made = made.replace_schema_metadata({b"huggingface": info})
    out = io.BytesIO()
    pq.write_table(made, out, row_group_size=group)
    return out.getvalue()
