"""The place that several machines share: what a worker elsewhere needs, and what it hands back.

    files/          content-addressed, as in the bot's own store: pictures, manifests, weights
    weights/        pretrained weights by name
    results/ID/     the files of a finished attempt, until the bot has fetched them
    checkpoints/N/  where job N can go on: the newest two of an attempt, and what it began from

The bot keeps its own store; this one holds copies and may be emptied while nothing runs.
"""

import re
import shutil
import uuid
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import fsspec

from storage.files import CHUNK, FileStore

KEY = re.compile(r"\b[0-9a-f]{2}/[0-9a-f]{64}(?:\.\w{1,8})?\b")
AT_ONCE = 8
GENERATIONS = 2


class SharedStoreError(OSError):
    """The shared place cannot be reached or used."""


class NotThere(SharedStoreError):
    """A file is missing in the store that it should be copied from; asking again is no use."""


class SharedStore:
    """One root, as `file:///shared` or anything else that fsspec can write, such as `s3://b/p`.

    Raises:
        SharedStoreError: from every method, whatever the library behind it calls its trouble.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        try:
            self._fs, self._base = fsspec.core.url_to_fs(self.root)
        except (ImportError, ValueError) as error:
            raise SharedStoreError(f"{root} can't be used: {error}") from error
        self.files = FileStore(f"{self.root}/files")

    def check(self) -> None:
        """Write a file and remove it again."""
        with _in_our_words():
            path = f"{self._base}/files/.check"
            self._fs.makedirs(f"{self._base}/files", exist_ok=True)
            self._fs.pipe_file(path, b"")
            self._fs.rm_file(path)

    def carry(self, keys: Collection[str], source: FileStore, target: FileStore) -> int:
        """Copy what `target` lacks from `source`; returns how many had to be fetched.

        Raises:
            NotThere: `source` has not got one of them.
        """

        def copy(key: str) -> bool:
            try:
                return target.copy_from(source, key)
            except FileNotFoundError as error:
                raise NotThere(f"{key} is not in {source.root}") from error

        with _in_our_words(), ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(copy, sorted(keys)))

    def upload(self, files: Iterable[tuple[Path, str]], place: str) -> str:
        """Copy local files to `place`, each under its relative name; returns the folder's URI."""
        with _in_our_words():
            for path, name in files:
                target = f"{self._base}/{place}/{name}"
                self._fs.makedirs(str(PurePosixPath(target).parent), exist_ok=True)
                with path.open("rb") as source, self._fs.open(target, "wb") as handle:
                    shutil.copyfileobj(source, handle, CHUNK)
        return f"{self.root}/{place}"

    def place_of(self, uri: str) -> str:
        """The place that `upload` told of.

        Raises:
            SharedStoreError: it is in no store like this one.
        """
        if not self.holds(uri):
            raise SharedStoreError(f"{uri} is not in {self.root}")
        return uri.removeprefix(f"{self.root}/")

    def holds(self, uri: str) -> bool:
        """Whether `uri` names a place in this store, be there something or not."""
        return uri.startswith(f"{self.root}/") and ".." not in uri.split("/")

    def download_file(self, place: str, target: Path) -> bool:
        """Copy the file at `place` to `target`, whole or not at all; False: there is none."""
        path = f"{self._base}/{place}"
        half = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        with _in_our_words():
            self._fs.invalidate_cache()
            if not self._fs.isfile(path):
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with self._fs.open(path, "rb") as source, half.open("wb") as handle:
                    shutil.copyfileobj(source, handle, CHUNK)
                half.replace(target)
            finally:
                half.unlink(missing_ok=True)
        return True

    def download(self, place: str, folder: Path) -> int:
        """Copy everything below `place` into `folder`; returns how many files came."""
        base = f"{self._base}/{place}"
        with _in_our_words():
            # Listings may be remembered from before the files were there.
            self._fs.invalidate_cache()
            found = self._fs.find(base) if self._fs.exists(base) else []
            for path in found:
                target = folder / str(path)[str(path).index(f"{place}/") + len(place) + 1 :]
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise SharedStoreError(f"{path} leads out of its folder")
                target.parent.mkdir(parents=True, exist_ok=True)
                with self._fs.open(path, "rb") as source, target.open("wb") as handle:
                    shutil.copyfileobj(source, handle, CHUNK)
        return len(found)

    def remove(self, place: str) -> None:
        """Remove everything below `place`, if there is anything."""
        with _in_our_words():
            self._fs.invalidate_cache()
            if self._fs.exists(f"{self._base}/{place}"):
                self._fs.rm(f"{self._base}/{place}", recursive=True)

    def names(self, place: str) -> list[str]:
        """What lies directly below `place`."""
        with _in_our_words():
            self._fs.invalidate_cache()
            path = f"{self._base}/{place}"
            found = self._fs.ls(path, detail=False) if self._fs.exists(path) else []
        return [PurePosixPath(str(one)).name for one in found]

    def has(self, place: str, size: int) -> bool:
        """Whether a file of that many bytes lies there."""
        with _in_our_words():
            path = f"{self._base}/{place}"
            return bool(self._fs.exists(path) and self._fs.size(path) == size)


def keys_in(text: str, store: FileStore) -> set[str]:
    """The keys that a spec or a result names, and those that the manifests among them name."""
    found = set(KEY.findall(text))
    for key in sorted(found):
        if key.endswith(".json"):
            found |= set(KEY.findall(store.read(key).decode()))
    return found


class _in_our_words:  # noqa: N801  # used like the functions of contextlib
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, SharedStoreError):
            raise SharedStoreError(f"{type(error).__name__}: {error}") from error
