"""Collect jobs in workers of their own, as the bot starts them."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import known
from pipeline.jobs.spec_collect import CollectResult, ImageItem
from pipeline.worker.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Outcome:
    """What a worker left behind."""

    folder: Path
    events: list[dict[str, Any]]
    code: int

    @property
    def result(self) -> CollectResult:
        """The result; the work must have ended well."""
        assert self.events[-1]["type"] == "done", self.events[-1]
        return CollectResult.model_validate(self.events[-1]["result"])

    @property
    def items(self) -> list[ImageItem]:
        """What was kept."""
        lines = (self.folder / "out" / self.result.items_file).read_text().splitlines()
        return [ImageItem.model_validate_json(line) for line in lines]

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal that was expected."""
        last = self.events[-1]
        assert (last["type"], last["expected"], self.code) == ("failed", True, 1), last
        words: str = last["message"]
        assert "\n" not in words
        assert len(words) < 250
        assert str(self.folder) not in words
        assert words.endswith(".")
        return words

    @property
    def stored(self) -> list[Path]:
        """Every file in the store."""
        return [path for path in (self.folder / "store").rglob("*") if path.is_file()]


class Desk:
    """Starts workers in folders of their own."""

    def __init__(self, tmp_path: Path) -> None:
        self._folder = tmp_path
        self._count = 0

    def prepare(self, **spec: Any) -> Path:
        """A folder with a spec."""
        self._count += 1
        folder = self._folder / f"attempt{self._count}"
        folder.mkdir()
        if "known" in spec:
            known.write(folder / known.NAME, spec.pop("known"))
            spec["known_file"] = known.NAME
        whole = {"kind": "collect", "store": str(folder / "store"), "source_id": 7, **spec}
        (folder / "spec.json").write_text(json.dumps(whole))
        return folder

    def start(self, folder: Path) -> subprocess.Popen[bytes]:
        """A worker at work."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.worker", str(folder)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def collect(self, *files: Path, **spec: Any) -> Outcome:
        """Work to the end."""
        if files:
            spec["files"] = [{"path": str(path), "name": path.name} for path in files]
        folder = self.prepare(**spec)
        code = self.start(folder).wait(120)
        return self.outcome(folder, code)

    def here(self, **spec: Any) -> Outcome:
        """Work to the end in this process, which spares the start of another."""
        folder = self.prepare(**spec)
        before = signal.getsignal(signal.SIGTERM)
        try:
            return self.outcome(folder, main(folder))
        finally:
            signal.signal(signal.SIGTERM, before)

    def outcome(self, folder: Path, code: int) -> Outcome:
        """What a worker left in its folder."""
        lines = (folder / "events.jsonl").read_text().splitlines()
        return Outcome(folder, [json.loads(line) for line in lines], code)
