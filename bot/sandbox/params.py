"""The parameters of a Bot API call, however they were sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.files import Upload
from bot.sandbox.limits import UPLOAD_BYTES

# A multipart body is a little larger than the file in it.
_ENVELOPE_BYTES = 1024**2


@dataclass
class Params:
    """Values by name, from the query, a form or a JSON body, and the files sent along."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    @classmethod
    async def read(cls, request: Request) -> Params:
        """Take the parameters out of a request.

        Raises:
            ApiError: 413 for an upload over 50 MB, 400 for a body that does not parse.
        """
        if int(request.headers.get("content-length") or 0) > UPLOAD_BYTES + _ENVELOPE_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        params = cls(dict(request.query_params))
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind == "application/json":
            try:
                body = json.loads(await request.body() or b"{}")
            except ValueError as error:
                raise bad_request("can't parse JSON object") from error
            params.values.update(body)
        elif kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
            async with request.form() as form:
                for name, value in form.multi_items():
                    if isinstance(value, UploadFile):
                        params.files[name] = await _upload(value)
                    else:
                        params.values[name] = value
        return params

    @property
    def names(self) -> set[str]:
        """The parameters given; a file that another parameter points to is none."""
        said = " ".join(str(value) for value in self.values.values())
        return set(self.values) | {name for name in self.files if f"attach://{name}" not in said}

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; without a default it must be there.

        Raises:
            ApiError: 400 when it is missing or no number.
        """
        value = self.values.get(name, default)
        try:
            return int(value)  # type: ignore[arg-type]  # None is one of the errors caught here
        except (TypeError, ValueError) as error:
            raise bad_request(f"parameter {name} must be an Integer") from error

    def number(self, name: str, default: float) -> float:
        """A number."""
        try:
            return float(self.values.get(name, default))
        except (TypeError, ValueError) as error:
            raise bad_request(f"parameter {name} must be a number") from error

    def boolean(self, name: str) -> bool:
        """A truth value; missing is false."""
        return str(self.values.get(name, "")).lower() in ("true", "1", "yes")

    def structure(self, name: str) -> Any:
        """A JSON value, or None when it is missing.

        Raises:
            ApiError: 400 when it does not parse.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name}: invalid JSON") from error


async def _upload(value: UploadFile) -> Upload:
    data = await value.read()
    if len(data) > UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    return Upload(value.filename or "file", value.content_type or "", data)
