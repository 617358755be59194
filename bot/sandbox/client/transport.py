"""Calls the control API over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from bot.sandbox.client.values import Json, SandboxError


class Transport:
    """A connection to the control API of the sandbox at `address`."""

    def __init__(self, address: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{address.rstrip('/')}/sandbox/api/", timeout=90.0, trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, query: Json | None = None) -> Any:
        """Read a path of the control API."""
        return (await self.request("GET", path, params=query)).json()

    async def post(self, path: str, body: Json) -> Any:
        """Do something through the control API."""
        given = {name: value for name, value in body.items() if value is not None}
        return (await self.request("POST", path, json=given)).json()

    async def upload(self, path: str, form: dict[str, str], files: Any) -> Any:
        """Do something that carries files."""
        return (await self.request("POST", path, data=form, files=files)).json()

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make a request.

        Raises:
            SandboxError: The sandbox refused it; its reason.
        """
        response = await self._http.request(method, path, **options)
        if response.status_code >= 400:
            try:
                reason = response.json()["error"]
            except (ValueError, KeyError):
                reason = response.text[:200]
            raise SandboxError(f"{path}: {reason}")
        return response
