"""A public address with a path: some proxies take the path away before they ask us, some do not."""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

OURS = frozenset({"attempts", "e", "healthz", "m"})
"""What our own paths begin with."""


class BehindPath:
    """An app that is reached with the path of its public address, and without it."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._path = urlsplit(public_url).path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path, before = scope.get("path", ""), self._path
        if before and path.startswith(f"{before}/"):
            ours = path.removeprefix(before).split("/")[1]
            if ours in OURS:
                scope = {**scope, "root_path": before}
        await self._app(scope, receive, send)
