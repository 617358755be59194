"""Every file that went through a chat, in memory."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from bot.sandbox import photos, videos

Kind = Literal["photo", "document", "video", "animation"]
KINDS: tuple[Kind, ...] = ("photo", "document", "video", "animation")


@dataclass(frozen=True)
class Upload:
    """A file as it came over HTTP."""

    name: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class StoredFile:
    """A file with Telegram's two identifiers and the path it is downloaded from."""

    file_id: str
    unique_id: str
    path: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Attachment:
    """What a message carries: its kind and the fields it adds to the message."""

    kind: Kind
    fields: dict[str, Any]


class FileStore:
    """Keeps files and knows which attachment a file id stands for."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._paths: dict[str, StoredFile] = {}
        self._attachments: dict[str, Attachment] = {}

    def find(self, file_id: str) -> StoredFile | None:
        """The file of an id."""
        return self._files.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        """The file of a download path."""
        return self._paths.get(path)

    def attachment(self, file_id: str) -> Attachment | None:
        """The attachment that a file id can be sent again as."""
        return self._attachments.get(file_id)

    async def attach(self, kind: Kind, upload: Upload, *, from_app: bool = False) -> Attachment:
        """Keep an upload as Telegram would.

        A photo is recompressed into several sizes (whatever its own, when it comes `from_app`);
        a video that does not decode becomes a document.

        Raises:
            ApiError: 400 when a photo is no image or too large.
        """
        if kind == "photo":
            return await self._photo(upload, from_app)
        if kind in ("video", "animation"):
            return await self._video(kind, upload)
        return self._document(upload)

    async def _photo(self, upload: Upload, from_app: bool) -> Attachment:
        sizes = await asyncio.to_thread(photos.renditions, upload.data, from_app=from_app)
        entries = [self._picture(size) for size in sizes]
        attachment = Attachment("photo", {"photo": entries})
        for entry in entries:
            self._attachments[entry["file_id"]] = attachment
        return attachment

    async def _video(self, kind: Kind, upload: Upload) -> Attachment:
        facts = await asyncio.to_thread(videos.probe, upload.data)
        if facts is None:
            return self._document(upload)
        entry = self._entry(kind, upload) | {
            "width": facts.width,
            "height": facts.height,
            "duration": facts.seconds,
            "thumbnail": self._picture(facts.thumbnail),
        }
        fields: dict[str, Any] = {kind: entry}
        if kind == "animation":
            fields["document"] = entry
        return self._remember(entry, Attachment(kind, fields))

    def _document(self, upload: Upload) -> Attachment:
        entry = self._entry("document", upload)
        return self._remember(entry, Attachment("document", {"document": entry}))

    def _remember(self, entry: dict[str, Any], attachment: Attachment) -> Attachment:
        self._attachments[entry["file_id"]] = attachment
        return attachment

    def _picture(self, size: photos.Rendition) -> dict[str, Any]:
        stored = self._keep("photo", ".jpg", "image/jpeg", size.jpeg)
        return _reference(stored) | {"width": size.width, "height": size.height}

    def _entry(self, kind: Kind, upload: Upload) -> dict[str, Any]:
        name = PurePosixPath(upload.name.replace("\\", "/")).name or "file"
        mime = mimetypes.guess_type(name)[0] or upload.mime or "application/octet-stream"
        stored = self._keep(kind, PurePosixPath(name).suffix, mime, upload.data)
        return _reference(stored) | {"file_name": name, "mime_type": mime}

    def _keep(self, kind: Kind, suffix: str, mime: str, data: bytes) -> StoredFile:
        number = len(self._files) + 1
        stored = StoredFile(
            file_id=f"{kind[0].upper()}gACAgQAAx{number:06d}{secrets.token_urlsafe(18)}",
            # The unique id says nothing of the content: two uploads of a file differ, as they do
            # in Telegram.
            unique_id=f"AQAD{number:06d}{secrets.token_urlsafe(4)}",
            path=f"{kind}s/file_{number}{suffix}",
            mime=mime,
            data=data,
        )
        self._files[stored.file_id] = self._paths[stored.path] = stored
        return stored


def _reference(stored: StoredFile) -> dict[str, Any]:
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
    }
