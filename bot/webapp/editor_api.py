"""The editor's page and what it asks for: a picture's boxes, its changes, the next picture.

Whoever asks hands over what Telegram signed when the page was opened. That says who it is; the
task's name in the address says which picture; Telegram says whether they are in its group.
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from pydantic import ValidationError
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from telegram import Bot

from bot import editor_news
from bot.groups import Question
from bot.services import Services
from bot.webapp import editor_page
from bot.webapp.initdata import NotSigned, Opened, TooOld, verify
from bot.webapp.presence import Presence
from bot.webapp.scene import Json, PictureGone, picture, scene, waiting
from pipeline.errors import UserError
from pipeline.labelling import edits
from pipeline.labelling.edit import edits as edit_list
from storage import chats, editor, members, projects
from storage.models import EditorTask

log = logging.getLogger(__name__)

SCHEME = "tma "
MAX_BODY = 256 << 10
PRIVATE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


class LinkOver(UserError):
    """This link is good no longer. Open the editor from the chat again."""


class NotYours(UserError):
    """This picture belongs to another chat."""


class NotMember(UserError):
    """Only members of the group label here. Join it, then open the link again."""


class OnlyLooking(UserError):
    """You may look here, but not change anything."""


class Unsure(UserError):
    """I can't see whether you are in the group just now. Write something there, then try again."""


class Unclear(UserError):
    """I can't make sense of that change. Close the editor and open it from the chat again."""


STATUS: dict[type[UserError], int] = {
    NotSigned: 401,
    TooOld: 401,
    NotYours: 403,
    NotMember: 403,
    OnlyLooking: 403,
    LinkOver: 404,
    PictureGone: 404,
    Unclear: 400,
    Unsure: 503,
}


@dataclass(frozen=True)
class Visit:
    """A member who may see the task's picture. `may_edit`: viewers only look."""

    task: EditorTask
    who: Opened
    may_edit: bool


class EditorApi:
    """Answers the page."""

    def __init__(self, services: Services, bot: Bot) -> None:
        self._services = services
        self._bot = bot
        self._presence = Presence()

    def routes(self) -> list[BaseRoute]:
        """Everything below /e."""
        return [
            Route("/e/api/task/{token}", self._route(self._scene)),
            Route("/e/api/task/{token}/image", self._route(self._image)),
            Route("/e/api/task/{token}/ops", self._route(self._ops), methods=["POST"]),
            Route("/e/api/task/{token}/next", self._route(self._next), methods=["POST"]),
            *editor_page.ROUTES,
        ]

    def _route(
        self, answer: Callable[[Request, Visit], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request, await self._visit(request))
            except UserError as refusal:
                status = STATUS.get(type(refusal), 400)
                told = {"error": refusal.user_message, "code": refusal.code}
                return JSONResponse(told, status, headers=PRIVATE)

        return endpoint

    async def _visit(self, request: Request) -> Visit:
        """Who asks, if they may.

        Raises:
            UserError: they may not.
        """
        said = request.headers.get("authorization", "")
        if not said.startswith(SCHEME):
            raise NotSigned
        token = self._services.settings.token.get_secret_value()
        who = verify(said.removeprefix(SCHEME), token, now=time.time())
        owners = self._services.settings.owner_ids
        door = await self._services.db.read(
            lambda s: _door(request.path_params["token"], who.user_id, owners, s)
        )
        if door.task.member_id not in (0, who.user_id):
            raise NotYours
        if who.user_id not in owners:
            await self._check_member(door, who.user_id)
        return Visit(door.task, who, door.role != members.VIEWER)

    async def _check_member(self, door: "_Door", user_id: int) -> None:
        if door.chat_id > 0:
            if door.chat_id != user_id:
                raise NotYours
            return
        groups, question = self._services.groups, Question(door.chat_id, user_id)
        if not groups.heard(question):
            await groups.ask(question, self._bot, self._services.db)
        found = groups.is_in(question)
        if found is False:
            raise NotMember
        if found is None and not door.took_part:
            raise Unsure

    async def _scene(self, request: Request, visit: Visit) -> Response:
        task, who = visit.task, visit.who
        if request.query_params.get("here"):
            self._presence.here(task.image_id, who.user_id, who.name)
        told = await self._services.db.read(lambda s: scene(task, member_id=who.user_id, session=s))
        people = {"people": self._presence.others(task.image_id, who.user_id)}
        if told["rev"] == request.query_params.get("known"):
            return JSONResponse({"rev": told["rev"], **people}, headers=PRIVATE)
        counts = await self._services.db.read(lambda s: waiting(task, session=s))
        more = {"waiting": counts, "may_edit": visit.may_edit, **people}
        return JSONResponse(told | more, headers=PRIVATE)

    async def _image(self, _request: Request, visit: Visit) -> Response:
        image = await self._services.db.read(lambda s: picture(visit.task, session=s))
        try:
            path = self._services.places.files.path(image.key)
        except FileNotFoundError as error:
            log.warning("the picture of image %s is missing", image.id)
            raise PictureGone from error
        return FileResponse(path, headers=PRIVATE)

    async def _ops(self, request: Request, visit: Visit) -> Response:
        if not visit.may_edit:
            raise OnlyLooking
        try:
            told = json.loads(await _body(request))
            wanted = edit_list.validate_python(told["edits"])
        except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
            log.info("an edit makes no sense: %.200s", error)
            raise Unclear from error
        who, token = visit.who, visit.task.token

        def work(session: Session) -> Json:
            task = _task(token, session)
            picture(task, session=session)
            chats.member(who.user_id, name=who.name, username=who.username, session=session)
            asked = editor_news.open_requests(task, session=session)
            refused = edits.apply(task, wanted, member_id=who.user_id, session=session)
            trains = editor_news.after(
                task,
                projects.get(task.project_id, session=session),
                asked,
                member_id=who.user_id,
                name=who.name,
                places=self._services.places,
                session=session,
            )
            told: Json = {
                "trains": trains,
                "scene": scene(task, member_id=who.user_id, session=session),
                "refused": [{"id": refusal.id, "why": refusal.why} for refusal in refused],
            }
            if any(edit.kind in ("done", "reopen") for edit in wanted):
                told["waiting"] = waiting(task, session=session)
            return told

        return JSONResponse(await self._services.write(work), headers=PRIVATE)

    async def _next(self, _request: Request, visit: Visit) -> Response:
        who, token = visit.who, visit.task.token

        def work(session: Session) -> str | None:
            task = _task(token, session)
            project = projects.get(task.project_id, session=session)
            image_id = self._after(task, who.user_id, editor.waiting(project, session=session))
            if image_id is None:
                return None
            return editor.open_task(
                task.project_id, image_id, task.chat_id, who.user_id, session=session
            ).token

        return JSONResponse({"token": await self._services.write(work)}, headers=PRIVATE)

    def _after(
        self, task: EditorTask, member_id: int, groups: tuple[list[int], list[int]]
    ) -> int | None:
        """The picture to go on with: the next in order that nobody else has before them.

        In order, so that a video's frames follow each other and boxes can be copied on.
        """
        for ids in groups:
            others = [i for i in ids if i != task.image_id]
            free = [i for i in others if not self._presence.others(i, member_id)] or others
            if free:
                return min(free, key=lambda i: (i < task.image_id, i))
        return None


def _task(token: str, session: Session) -> EditorTask:
    task = editor.get(token, session=session)
    if task is None:
        raise LinkOver
    return task


@dataclass(frozen=True)
class _Door:
    """What decides whether somebody may see a task."""

    task: EditorTask
    chat_id: int
    role: str
    took_part: bool


def _door(token: str, user_id: int, owners: Collection[int], session: Session) -> _Door:
    task = _task(token, session)
    project = projects.get(task.project_id, session=session)
    return _Door(
        task,
        project.chat_id,
        members.role_of(project, user_id, owners=owners, session=session),
        members.took_part(project, user_id, session=session),
    )


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise Unclear
    return body
