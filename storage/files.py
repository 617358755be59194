"""Content-addressed files: a key is the sha256 of the bytes with the kind's ending.

Writing is atomic (a temporary name, then a rename), so a key that exists is whole.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import fsspec

CHUNK = 1 << 20


class FileStore:
    """Files under one root, local (`/path`, `file:///path`) or anything fsspec can write."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self._fs, self._base = fsspec.core.url_to_fs(self.root)
        self._local = "file" in self._fs.protocol

    def put_bytes(self, data: bytes, *, suffix: str) -> str:
        """Store `data`; returns its key, such as `ab/abcd….jpg`."""
        key = _key(hashlib.sha256(data).hexdigest(), suffix)
        target = f"{self._base}/{key}"
        if not self._fs.exists(target):
            with self._temporary(key) as temporary:
                with self._fs.open(temporary, "wb") as handle:
                    handle.write(data)
                    self._sync(handle)
                self._fs.mv(temporary, target)
        return key

    def put_file(self, path: Path, *, suffix: str | None = None) -> str:
        """Store a copy of a local file; returns its key."""
        digest = hashlib.sha256()
        with path.open("rb") as handle:
            while chunk := handle.read(CHUNK):
                digest.update(chunk)
        key = _key(digest.hexdigest(), path.suffix if suffix is None else suffix)
        target = f"{self._base}/{key}"
        if not self._fs.exists(target):
            with self._temporary(key) as temporary:
                with path.open("rb") as source, self._fs.open(temporary, "wb") as handle:
                    shutil.copyfileobj(source, handle, CHUNK)
                    self._sync(handle)
                self._fs.mv(temporary, target)
        return key

    def read(self, key: str) -> bytes:
        """The bytes of `key`.

        Raises:
            FileNotFoundError: nothing is stored under it.
        """
        data: bytes = self._fs.cat_file(f"{self._base}/{key}")
        return data

    def copy_from(self, other: "FileStore", key: str) -> bool:
        """Have `key` here as well; returns whether it had to be fetched from `other`.

        Raises:
            FileNotFoundError: `other` has nothing under it.
            OSError: what came is not what the key names.
        """
        target = f"{self._base}/{key}"
        if self._fs.exists(target):
            return False
        digest = hashlib.sha256()
        with self._temporary(key) as temporary:
            with (
                other._fs.open(f"{other._base}/{key}", "rb") as source,
                self._fs.open(temporary, "wb") as handle,
            ):
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    handle.write(chunk)
                self._sync(handle)
            if digest.hexdigest() != Path(key).stem:
                raise OSError(f"{key} came damaged from {other.root}")
            self._fs.mv(temporary, target)
        return True

    def size(self, key: str) -> int:
        """How many bytes `key` has.

        Raises:
            FileNotFoundError: nothing is stored under it.
        """
        size: int = self._fs.size(f"{self._base}/{key}")
        return size

    def path(self, key: str) -> Path:
        """A local path of `key`'s bytes, for readers that want a file; do not write to it.

        Raises:
            FileNotFoundError: nothing is stored under it.
        """
        if not self._local:
            raise FileNotFoundError(f"{key}: the store {self.root} is not on this machine")
        path = Path(self._base) / key
        if not path.is_file():
            raise FileNotFoundError(key)
        return path

    @contextmanager
    def _temporary(self, key: str) -> Iterator[str]:
        folder = f"{self._base}/{key.split('/')[0]}"
        self._fs.makedirs(folder, exist_ok=True)
        path = f"{folder}/.{uuid.uuid4().hex}"
        try:
            yield path
        except BaseException:
            # On a full disk what was begun must not take the last of the room.
            with suppress(OSError):
                self._fs.rm_file(path)
            raise

    def _sync(self, handle: object) -> None:
        # The row that names the key is durable; the bytes must be as well.
        if self._local:
            handle.flush()  # type: ignore[attr-defined]  # fsspec's handles are untyped
            os.fsync(handle.fileno())  # type: ignore[attr-defined]  # as above


def _key(digest: str, suffix: str) -> str:
    return f"{digest[:2]}/{digest}{suffix.lower()}"
