"""Files from chats: fetched from Telegram, then handed on by purpose.

Uploads are rows before they are acknowledged, so a restart goes on where it stopped. A burst (an
album, forty photos) becomes one source: it is taken when nothing new came for a moment.
"""

import asyncio
import logging
import re
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.adding import options_in, parse, queue_source
from bot.messages import collect as collect_words
from bot.messages import label as label_words
from bot.services import Services
from pipeline.errors import TaptrainError
from pipeline.labelling import drawings
from pipeline.pool import PicturePool
from storage import chats, jobs, outbox, projects, uploads
from storage.models import Project, Upload, now

log = logging.getLogger(__name__)

LOST = "I couldn't use that picture. Please send it again."
QUIET = timedelta(seconds=1.5)
AT_ONCE = 4
READ_TIMEOUT_S = 120
TOO_BIG = (
    "is over 20 MB, more than a bot may fetch. Put it somewhere and send the link, or send a "
    "smaller part."
)


class Intake:
    """Moves uploads on; `run` is cheap when there are none."""

    def __init__(self, services: Services, bot: Bot, pool: PicturePool) -> None:
        self._services = services
        self._bot = bot
        self._pool = pool
        self._lock = asyncio.Lock()
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """One pass; a call while one goes on returns at once."""
        if self._lock.locked():
            return
        async with self._lock:
            rows = await self._services.db.read(lambda s: uploads.waiting(session=s))
            if not rows:
                return
            await asyncio.gather(
                *(self._fetch(row) for row in rows if not row.path and not row.error)
            )
            rows = await self._services.db.read(lambda s: uploads.waiting(session=s))
            for row in rows:
                try:
                    await self._hand_on(row)
                except Exception:
                    # One file that fails must not hold back those behind it for ever.
                    log.exception("upload %s cannot be handed on", row.id)
                    await self._services.write(lambda s, row=row: _unreadable(row, LOST, s))  # type: ignore[misc]  # lambda default
            await self._bursts()

    async def _hand_on(self, row: Upload) -> None:
        if row.path and row.purpose == "predict":
            await self._services.write(lambda s: _predict(row, s))
        elif row.path and row.purpose == "ink":
            await self._ink(row)

    async def _fetch(self, row: Upload) -> None:
        folder = self._services.places.inbox / str(row.id)
        target = folder / _safe_name(row.name)
        assert row.id is not None
        row_id = row.id
        async with self._gate:
            try:
                file = await self._bot.get_file(row.file_id, read_timeout=READ_TIMEOUT_S)
                folder.mkdir(parents=True, exist_ok=True)
                half = target.with_name(target.name + ".half")
                await file.download_to_drive(half, read_timeout=READ_TIMEOUT_S)
                half.rename(target)
            except (RetryAfter, NetworkError) as trouble:
                if not isinstance(trouble, BadRequest):
                    log.info("upload %s waits: %s", row_id, type(trouble).__name__)
                    return
                big = "too big" in trouble.message.lower()
                sentence = f"{row.name} " + (TOO_BIG if big else "can't be fetched from Telegram.")
                await self._services.write(lambda s: uploads.failed(row_id, sentence, session=s))
                return
            except TelegramError as trouble:
                log.warning("upload %s: %s", row_id, trouble.message)
                sentence = f"{row.name} can't be fetched from Telegram. Send it again."
                await self._services.write(lambda s: uploads.failed(row_id, sentence, session=s))
                return
        await self._services.write(lambda s: uploads.fetched(row_id, str(target), session=s))

    async def _bursts(self) -> None:
        rows = await self._services.db.read(lambda s: uploads.waiting(session=s))
        bursts: dict[tuple[int, int | None], list[Upload]] = defaultdict(list)
        for row in rows:
            if row.purpose == "add" or row.error:
                bursts[row.chat_id, row.project_id].append(row)
        for burst in bursts.values():
            quiet = max(row.created_at for row in burst) + QUIET <= now()
            if quiet and all(row.path or row.error for row in burst):
                await self._services.write(lambda s, burst=burst: _take(burst, s))  # type: ignore[misc]  # lambda default

    async def _ink(self, row: Upload) -> None:
        """Find the request that a drawing answers, and read its strokes."""
        open_ones = await self._services.db.read(lambda s: self._originals(row, s))
        assert row.path is not None
        drawn = Path(row.path)
        match = row.drawing_id if row.drawing_id in open_ones else None
        try:
            if match is None:
                match = await self._pool.run("pipeline.labelling.ink:closest", drawn, open_ones)
            if match is None:
                # No request has this picture: it is simply one more photo.
                await self._services.write(lambda s: _as_photo(row, s))
                return
            ink = await self._pool.run("pipeline.labelling.ink:read_ink", open_ones[match], drawn)
        except TaptrainError as trouble:
            sentence = trouble.user_message
            await self._services.write(lambda s: _unreadable(row, sentence, s))
            return
        boxes = [list(box) for box in ink.boxes]
        await self._services.write(lambda s: _understood(row, match, boxes, ink.unclear, s))

    def _originals(self, row: Upload, session: Session) -> dict[int, Path]:
        found = {}
        for drawing in drawings.waiting(row.chat_id, session=session):
            message = outbox.get(f"draw:{drawing.id}", session=session)
            if message is not None and drawing.id is not None:
                found[drawing.id] = self._services.places.files.path(message.payload["file"])
        return found


def _safe_name(name: str) -> str:
    stem = re.sub(r"[^\w.-]+", "_", name).strip("._") or "file"
    return stem[-80:]


def _project(row: Upload, session: Session) -> Project | None:
    return projects.get(row.project_id, session=session) if row.project_id else None


def _predict(row: Upload, session: Session) -> None:
    assert row.id is not None
    jobs.create(
        kind="predict",
        project_id=row.project_id,
        chat_id=row.chat_id,
        member_id=row.member_id,
        request={"picture": row.path, "message_id": row.message_id},
        idempotency_key=f"predict:{row.id}",
        session=session,
    )
    uploads.settle([row.id], session=session)


def _take(burst: list[Upload], session: Session) -> None:
    """One source of all that arrived; what could not be fetched is told."""
    good = [row for row in burst if row.path]
    bad = [row.error or "" for row in burst if row.error]
    ids = [row.id for row in burst if row.id is not None]
    project = _project(burst[0], session)
    source_id = None
    if good and project is not None:
        title = (
            good[0].name
            if len(good) == 1
            else f"{len(good)} files from {chats.name_of(good[0].member_id, session=session)}"
        )
        source_id = queue_source(
            project,
            kind="upload",
            what=", ".join(row.name for row in good)[:500],
            title=title,
            # Checked when it was sent; see handlers/files.py.
            wanted=parse(options_in(" ".join(row.words for row in good))),
            chat_id=good[0].chat_id,
            member_id=good[0].member_id,
            key=f"burst:{ids[0]}",
            session=session,
        )
    uploads.settle(ids, source_id=source_id, session=session)
    if bad:
        outbox.put(
            f"burst:{ids[0]}:bad",
            burst[0].chat_id,
            collect_words.uploads_failed(project, bad),
            session=session,
        )


def _as_photo(row: Upload, session: Session) -> None:
    row.purpose, row.drawing_id, row.created_at = "add", None, now()
    session.add(row)


def _unreadable(row: Upload, sentence: str, session: Session) -> None:
    project = _project(row, session)
    assert project is not None
    assert row.id is not None
    outbox.put(
        f"ink:{row.id}",
        row.chat_id,
        label_words.draw_problem(project, sentence, reply_to=row.message_id),
        session=session,
    )
    uploads.settle([row.id], session=session)


def _understood(
    row: Upload, drawing_id: int, boxes: list[list[float]], unclear: int, session: Session
) -> None:
    project = _project(row, session)
    assert project is not None
    assert row.id is not None
    if unclear:
        note = label_words.marks_left_out(project, unclear, reply_to=row.message_id)
        outbox.put(f"ink:{row.id}", row.chat_id, note, session=session)
    uploads.settle([row.id], session=session)
    drawing = drawings.get(drawing_id, session=session)
    drawings.read(drawing, boxes, drawings.class_meant(project, row.words), session=session)
