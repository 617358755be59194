"""The ASGI application: Bot API, control API and web chat on one address."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox import api, control
from bot.sandbox.world import World

STATIC = Path(__file__).parent / "static"


def create_app(world: World | None = None) -> Starlette:
    """Make the application around a world (a new one by default, at `app.state.world`)."""
    app = Starlette(
        routes=[
            *api.ROUTES,
            *control.ROUTES,
            Route("/sandbox/api/{path:path}", _unknown, methods=["GET", "POST", "DELETE"]),
            Mount("/", StaticFiles(directory=STATIC, html=True)),
        ]
    )
    app.state.world = world or World()
    return app


async def _unknown(request: Request) -> Response:
    return JSONResponse({"error": f"there is no {request.url.path}"}, 404)
