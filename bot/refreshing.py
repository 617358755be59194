"""Votes of big projects are counted anew in the background."""

import asyncio

from pipeline.labelling import refresh
from storage.db import Database


class Refresher:
    """Goes on with what `refresh.begin` left to do, a transaction a portion."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Derive until nothing waits; a call while that goes on returns at once."""
        if self._lock.locked():
            return
        async with self._lock:
            left = await self._db.read(refresh.waits)
            while left:
                left = await self._db.write(refresh.step)
