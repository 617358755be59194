"""The control API: what people do and see, as JSON under /sandbox/api.

A wrong request answers 400 with ``{"error": "one sentence"}``. Every change of a chat or message
raises the world's version; readers say what they know (`since`) and how long they wait (`wait`,
seconds), and get what changed after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox import crowd, members, people, webapp
from bot.sandbox.chats import Chat, Json, Person
from bot.sandbox.downloads import file_response
from bot.sandbox.errors import ApiError, MemberError
from bot.sandbox.faults import Fault
from bot.sandbox.files import KINDS
from bot.sandbox.limits import Window
from bot.sandbox.params import Params
from bot.sandbox.views import changes, chat_view, person_view, until_answered
from bot.sandbox.world import World

Handler = Callable[[World, Request, Params], Awaitable[Any]]


def _route(path: str, handler: Handler, *methods: str) -> Route:
    async def endpoint(request: Request) -> Response:
        if _is_foreign(request):
            return JSONResponse({"error": "another site may not play members here"}, 403)
        try:
            params = await Params.read(request)
            answer = await handler(request.app.state.world, request, params)
        except MemberError as error:
            return JSONResponse({"error": str(error)}, 400)
        except ApiError as error:
            return JSONResponse({"error": error.description}, 400)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    return Route(f"/sandbox/api/{path}", endpoint, methods=list(methods or ("POST",)))


def _is_foreign(request: Request) -> bool:
    """Whether a page of another site makes the request, which a browser tells by its origin."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


async def _state(world: World, request: Request, params: Params) -> Json:
    return {
        "bot": world.bot.user(),
        "commands": world.face.commands,
        "menu_button": world.face.menu_button,
        "privacy_mode": world.privacy_mode,
        "members": [person_view(world, p) for p in world.people.values() if not p.is_bot],
        "chats": [chat_view(world, chat) for chat in world.chats.values()],
        "version": world.version,
    }


async def _add_member(world: World, request: Request, params: Params) -> Json:
    person = people.add_member(
        world,
        _required(params, "name"),
        username=params.values.get("username"),
        language_code=params.values.get("language_code"),
        member_id=params.values.get("id"),
    )
    return person_view(world, person)


async def _add_group(world: World, request: Request, params: Params) -> Json:
    chat = people.found_group(
        world,
        _required(params, "title"),
        _people(world, params, "members"),
        admins=_people(world, params, "admins"),
        kind=params.values.get("kind", "supergroup"),
        bot_in=params.values.get("bot_in", True),
        bot_is_admin=params.values.get("bot_is_admin", False),
    )
    return chat_view(world, chat)


async def _change_member(world: World, request: Request, params: Params) -> Json:
    chat = _chat(world, request)
    who = params.values.get("member")
    person = world.bot if who == "bot" else _member(world, params)
    by = world.person(params.integer("by")) if "by" in params.values else None
    people.change_member(world, chat, person, params.values.get("action", "join"), by=by)
    return chat_view(world, chat)


async def _migrate(world: World, request: Request, params: Params) -> Json:
    return chat_view(world, people.migrate(world, _chat(world, request)))


async def _start(world: World, request: Request, params: Params) -> Json:
    return world.view(people.start(world, _path_member(world, request), params.text("payload")))


async def _start_group(world: World, request: Request, params: Params) -> Json:
    chat, person = _chat(world, request), _member(world, params)
    return world.view(people.start_group(world, person, chat, params.text("payload")))


async def _block(world: World, request: Request, params: Params) -> Json:
    person = _path_member(world, request)
    (people.block if params.values.get("blocked", True) else people.unblock)(world, person)
    return person_view(world, person)


async def _say(world: World, request: Request, params: Params) -> Json:
    chat, person = _chat(world, request), _member(world, params)
    message = members.say(world, chat, person, params.text("text"), reply_to=_reply_to(params))
    return world.view(message)


async def _send(world: World, request: Request, params: Params) -> list[Json]:
    chat, person = _chat(world, request), _member(world, params)
    kind = params.values.get("kind")
    if kind not in KINDS:
        raise MemberError(f"kind is one of {', '.join(KINDS)}")
    uploads = [upload for name, upload in sorted(params.files.items()) if name.startswith("file")]
    sent = await members.send(
        world,
        chat,
        person,
        kind,
        uploads,
        caption=params.text("caption"),
        reply_to=_reply_to(params),
    )
    return [world.view(message) for message in sent]


async def _tap(world: World, request: Request, params: Params) -> Json:
    tap = members.tap(
        world,
        _chat(world, request),
        _member(world, params),
        params.integer("message_id"),
        data=params.values.get("data"),
        button=params.values.get("button"),
    )
    return await until_answered(world, tap, params)


async def _tapped(world: World, request: Request, params: Params) -> Json:
    tap = world.taps.get(request.path_params["id"])
    if tap is None:
        raise MemberError("there was no such tap")
    return await until_answered(world, tap, params)


async def _edit(world: World, request: Request, params: Params) -> Json:
    chat, person = _chat(world, request), _member(world, params)
    message = members.edit(world, chat, person, params.integer("message_id"), params.text("text"))
    return world.view(message)


async def _delete(world: World, request: Request, params: Params) -> Json:
    chat, person = _chat(world, request), _member(world, params)
    members.delete(world, chat, person, params.integer("message_id"))
    return {}


async def _react(world: World, request: Request, params: Params) -> Json:
    chat, person = _chat(world, request), _member(world, params)
    message = members.react(world, chat, person, params.integer("message_id"), params.text("emoji"))
    return world.view(message)


async def _messages(world: World, request: Request, params: Params) -> Json:
    return await changes(world, lambda: [_chat(world, request)], params)


async def _changes(world: World, request: Request, params: Params) -> Json:
    person = _member(world, params)

    def mine() -> list[Chat]:
        return [chat for chat in world.chats.values() if chat.has(person.id)]

    return await changes(world, mine, params)


async def _file(world: World, request: Request, params: Params) -> Response:
    stored = world.files.find(request.path_params["file_id"])
    if stored is None:
        return JSONResponse({"error": "there is no such file"}, 404)
    return file_response(stored, request.headers.get("range"))


async def _fault(world: World, request: Request, params: Params) -> Json:
    try:
        world.faults.order(Fault(**params.values))
    except (TypeError, ValueError) as error:
        raise MemberError(f"no such fault: {error}") from error
    return {}


async def _no_faults(world: World, request: Request, params: Params) -> Json:
    world.faults.clear()
    return {}


async def _calls(world: World, request: Request, params: Params) -> Json:
    return {"calls": world.stats(), "refused": world.refused}


async def _clock(world: World, request: Request, params: Params) -> Json:
    world.clock_offset += params.number("advance", 0)
    world.touch()
    return {"now": world.now()}


async def _limits(world: World, request: Request, params: Params) -> Json:
    for name in ("group", "private", "overall"):
        if name in params.values:
            count, seconds = params.values[name]
            setattr(world.pace, name, Window(count, seconds))
    return {}


async def _privacy(world: World, request: Request, params: Params) -> Json:
    world.privacy_mode = bool(params.values.get("on", True))
    return {"privacy_mode": world.privacy_mode}


async def _web_app(world: World, request: Request, params: Params) -> Json:
    person = _member(world, params)
    chat = world.chat(params.integer("chat")) if "chat" in params.values else None
    start_param = params.text("start_param")
    url = webapp.launch_url(world, person, params.text("url"), chat=chat, start_param=start_param)
    return {"url": url}


def _required(params: Params, name: str) -> str:
    value = params.text(name).strip()
    if not value:
        raise MemberError(f"{name} is missing")
    return value


def _reply_to(params: Params) -> int | None:
    return params.integer("reply_to") if params.values.get("reply_to") else None


def _chat(world: World, request: Request) -> Chat:
    return world.chat(int(request.path_params["chat"]))


def _member(world: World, params: Params) -> Person:
    return world.person(params.integer("member"))


def _path_member(world: World, request: Request) -> Person:
    return world.person(int(request.path_params["member"]))


def _people(world: World, params: Params, name: str) -> list[Person]:
    return [world.person(int(one)) for one in params.structure(name) or []]


ROUTES = (
    _route("state", _state, "GET"),
    _route("members", _add_member),
    _route("members/{member}/start", _start),
    _route("members/{member}/block", _block),
    _route("groups", _add_group),
    _route("chats/{chat}/members", _change_member),
    _route("chats/{chat}/migrate", _migrate),
    _route("chats/{chat}/startgroup", _start_group),
    _route("chats/{chat}/say", _say),
    _route("chats/{chat}/send", _send),
    _route("chats/{chat}/tap", _tap),
    _route("chats/{chat}/edit", _edit),
    _route("chats/{chat}/delete", _delete),
    _route("chats/{chat}/react", _react),
    _route("chats/{chat}/messages", _messages, "GET"),
    _route("changes", _changes, "GET"),
    _route("taps", crowd.tap_together),
    _route("taps/{id}", _tapped, "GET"),
    _route("files/{file_id}", _file, "GET"),
    _route("faults", _fault),
    _route("faults", _no_faults, "DELETE"),
    _route("calls", _calls, "GET"),
    _route("clock", _clock),
    _route("limits", _limits),
    _route("privacy", _privacy),
    _route("webapp", _web_app),
)
