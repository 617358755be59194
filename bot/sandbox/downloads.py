"""Hands files to the page, whole or in ranges (without which Safari plays no video)."""

from __future__ import annotations

import re

from starlette.responses import Response

from bot.sandbox.files import StoredFile

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_HEADERS = {
    # A file never changes under its id.
    "cache-control": "private, max-age=86400",
    "accept-ranges": "bytes",
    # What members send must not run as a page of this address.
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
}


def file_response(stored: StoredFile, wanted: str | None) -> Response:
    """The answer to a download.

    Args:
        stored: The file.
        wanted: The request's Range header; one that makes no sense is passed over, as HTTP allows.
    """
    size = len(stored.data)
    match = _RANGE.fullmatch(wanted or "")
    if match is None or not (match[1] or match[2]):
        return Response(stored.data, headers=_HEADERS, media_type=stored.mime)
    if match[1]:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    else:
        first, last = max(0, size - int(match[2])), size - 1
    if first > last:
        return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    headers = _HEADERS | {"content-range": f"bytes {first}-{last}/{size}"}
    return Response(stored.data[first : last + 1], 206, headers, media_type=stored.mime)
