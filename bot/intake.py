"""Files from chats: fetched from Telegram, then handed on by purpose.

Uploads are rows before they are acknowledged, so a restart goes on where it stopped. Each moves by
itself: a slow download holds nobody else's file up. A burst (an album, forty photos) becomes one
source: it is taken when nothing new came for a moment.
"""

import asyncio
import logging
import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot import handover, originals
from bot.services import Services
from pipeline.errors import TaptrainError, UserError
from pipeline.labelling import drawings
from pipeline.pool import PicturePool
from storage import uploads
from storage.models import Upload

log = logging.getLogger(__name__)

LOST = "I couldn't use what you sent. Please send it again."
AT_ONCE = 4
"""Downloads at once: of files to add, and as many again of photos somebody waits for."""

AGAIN_S = 2.0
"""Until the next try of a download that the network refused."""

READ_TIMEOUT_S = 120
MAX_NAME_BYTES = 120
TOO_BIG = (
    "is over 20 MB, more than a bot may fetch. Put it somewhere and send the link, or send a "
    "smaller part."
)
NO_ROOM = "can't be kept: the disk of this machine is full. Make room, then send it again."


class Intake:
    """Moves uploads on; `run` is cheap when there are none."""

    def __init__(self, services: Services, bot: Bot, pool: PicturePool) -> None:
        self._services = services
        self._bot = bot
        self._pool = pool
        self._lock = asyncio.Lock()
        self._moving: set[int] = set()
        self._not_before: dict[int, float] = {}
        self._gates = {prompt: asyncio.Semaphore(AT_ONCE) for prompt in (True, False)}

    async def run(self) -> None:
        """One pass; a call while one goes on returns at once. Downloads go on beside it."""
        if self._lock.locked():
            return
        async with self._lock:
            rows = await self._services.db.read(lambda s: uploads.waiting(session=s))
            at = asyncio.get_running_loop().time()
            for row in rows:
                row_id = handover.id_of(row)
                idle = row.error or (row.path and row.purpose == "add")
                if idle or row_id in self._moving or self._not_before.get(row_id, 0.0) > at:
                    continue
                self._moving.add(row_id)
                self._services.spawn(self._move(row_id))
            for burst in handover.bursts(rows):
                await self._settle_burst(burst)

    async def _move(self, row_id: int) -> None:
        """Fetch one upload and hand it on; whatever happens to it holds up no other."""
        try:
            row = await self._services.db.read(lambda s: uploads.get(row_id, session=s))
            if not row.path:
                async with self._gates[row.purpose != "add"]:
                    await self._fetch(row)
                row = await self._services.db.read(lambda s: uploads.get(row_id, session=s))
            if row.path and not row.done:
                await self._hand_on(row)
        except OperationalError:
            # The database is in trouble, not the file: the next pass comes back to it.
            log.exception("upload %s waits", row_id)
        except Exception as trouble:
            log.exception("upload %s cannot be handed on", row_id)
            sentence = trouble.user_message if isinstance(trouble, UserError) else LOST
            await self._services.write(lambda s: handover.refuse([row_id], [sentence], s))
        finally:
            self._moving.discard(row_id)

    async def _hand_on(self, row: Upload) -> None:
        if row.purpose == "predict":
            await self._services.write(lambda s: handover.predict(row, s))
        elif row.purpose == "ink":
            await self._ink(row)

    async def _fetch(self, row: Upload) -> None:
        row_id = handover.id_of(row)
        folder = self._services.places.inbox / str(row_id)
        target = folder / _safe_name(row.name)
        try:
            file = await self._bot.get_file(row.file_id, read_timeout=READ_TIMEOUT_S)
            folder.mkdir(parents=True, exist_ok=True)
            half = target.with_name(target.name + ".half")
            await file.download_to_drive(half, read_timeout=READ_TIMEOUT_S)
            half.rename(target)
        except (RetryAfter, NetworkError) as trouble:
            if not isinstance(trouble, BadRequest):
                log.info("upload %s waits: %s", row_id, type(trouble).__name__)
                self._not_before[row_id] = asyncio.get_running_loop().time() + _pause(trouble)
                return
            big = "too big" in trouble.message.lower()
            await self._fail(row, TOO_BIG if big else "can't be fetched from Telegram.")
        except TelegramError as trouble:
            log.warning("upload %s: %s", row_id, trouble.message)
            await self._fail(row, "can't be fetched from Telegram. Send it again.")
        except OSError:
            log.exception("upload %s cannot be written", row_id)
            await self._fail(row, NO_ROOM)
        else:
            await self._services.write(lambda s: uploads.fetched(row_id, str(target), session=s))
        self._not_before.pop(row_id, None)

    async def _fail(self, row: Upload, why: str) -> None:
        sentence = f"{row.name} {why}"
        await self._services.write(
            lambda s: uploads.failed(handover.id_of(row), sentence, session=s)
        )

    async def _settle_burst(self, burst: list[Upload]) -> None:
        try:
            await self._services.write(lambda s: handover.take(burst, s))
        except OperationalError:
            log.exception("a burst waits")
        except Exception as trouble:
            log.exception("a burst cannot be taken")
            sentence = trouble.user_message if isinstance(trouble, UserError) else LOST
            ids = [handover.id_of(row) for row in burst]
            await self._services.write(lambda s: handover.refuse(ids, [sentence], s))

    async def _ink(self, row: Upload) -> None:
        """Find the picture that was drawn on, and read its strokes."""
        shown = await self._services.db.read(lambda s: originals.of(row, self._services, s))
        assert row.path is not None
        drawn, match = Path(row.path), row.drawing_id
        try:
            if match is not None and not shown:
                # Settled while the photo was fetched: scribbles are no picture to learn from.
                raise drawings.DrawingClosed
            nearest = await self._pool.run(
                "pipeline.labelling.ink:closest",
                drawn,
                {place: original.path for place, original in enumerate(shown)},
            )
            if nearest is None and match is None:
                # No request has this picture: it is simply one more photo.
                await self._services.write(lambda s: handover.as_photo(row, s))
                return
            # Of another picture than the one it answers: reading it says so.
            original = shown[nearest or 0]
            match = original.drawing_id
            ink = await self._pool.run("pipeline.labelling.ink:read_ink", original.path, drawn)
            await self._services.write(lambda s: handover.understood(row, original, ink, s))
        except TaptrainError as trouble:
            sentence = trouble.user_message
            await self._services.write(lambda s: handover.unreadable(row, match, sentence, s))


def _pause(trouble: TelegramError) -> float:
    if not isinstance(trouble, RetryAfter):
        return AGAIN_S
    wait = trouble.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _safe_name(name: str) -> str:
    stem = re.sub(r"[^\w.-]+", "_", name).strip("._") or "file"
    # File systems count bytes; the end is kept, because it says what kind of file it is.
    return stem.encode()[-MAX_NAME_BYTES:].decode(errors="ignore")
