"""`/notices`: where a member hears of their jobs, and when without a sound."""

import re

from telegram import Update

from bot.choices import zone_named
from bot.messages import notices as words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from storage import notices, settings
from storage.models import Notices

HOW = "Send /notices here, private or results; or /notices quiet 23-7, or quiet off."
EXAMPLE = "/notices quiet 23-7 Europe/Berlin"
_TIME = r"(\d{1,2})(?::(\d{2}))?\s*(?:h|uhr)?"
_SPAN = re.compile(rf"{_TIME}\s*(?:-|–|to|until)\s*{_TIME}(?:\s+(\S+))?")


async def notices_(update: Update, context: Context) -> None:
    """`/notices`, `/notices private`, `/notices quiet 23-7 [zone]`."""
    said = " ".join(context.args or []).strip()

    def work(turn: Turn) -> None:
        if said:
            _change(turn, parse(said))
        turn.say(_menu(turn))

    await act(update, context, work)


def parse(said: str) -> dict[str, object]:
    """What the words choose, as fields of Notices; `zone` only where one was named.

    Raises:
        UserError: they make no sense.
    """
    word, _, rest = said.casefold().strip().partition(" ")
    if word in notices.PLACES and not rest:
        return {"place": word}
    if word == "quiet":
        return _quiet(rest.strip())
    if word.startswith("zone=") and not rest:
        return {"zone": zone_named(word.removeprefix("zone="), "/notices zone=Europe/Berlin")}
    raise UserError(HOW)


def _quiet(said: str) -> dict[str, object]:
    if said in ("off", "no", "none"):
        return {"quiet_from": None, "quiet_until": None}
    found = _SPAN.fullmatch(said)
    if found is None:
        raise UserError(f"I don't understand “{said[:40]}”. Send it so: {EXAMPLE}")
    first, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if first == end:
        raise UserError(f"Quiet from when until when? Send it so: {EXAMPLE}")
    zone = {"zone": zone_named(found[5].removeprefix("zone="), EXAMPLE)} if found[5] else {}
    return {"quiet_from": first, "quiet_until": end, **zone}


def _minutes(hour: str, minute: str | None) -> int:
    hours, minutes = int(hour), int(minute or 0)
    if hours > 24 or minutes > 59 or (hours == 24 and minutes):
        raise UserError(f"{hour}:{minute or '00'} is no time of a day. Send it so: {EXAMPLE}")
    return hours % 24 * 60 + minutes


def _change(turn: Turn, values: dict[str, object]) -> Notices:
    before = notices.of(turn.member.id, session=turn.session)
    project = turn.maybe_project
    if "quiet_from" in values and "zone" not in values and before.zone == "UTC" and project:
        # Whoever names no clock means the one on the wall: the project's is the best guess.
        values = {**values, "zone": settings.of(project).zone}
    return notices.change(turn.member.id, session=turn.session, **values)


def _menu(turn: Turn) -> dict[str, object]:
    chosen = notices.of(turn.member.id, session=turn.session)
    closed = not notices.open_in_private(turn.member.id, session=turn.session)
    return words.menu(turn.member, chosen, closed=closed)


def tap_notices(turn: Turn, args: list[str]) -> str:
    """A button of somebody's menu."""
    if int(args[0]) != turn.member.id:
        raise UserError("This menu is somebody else's. Send /notices for yours.")
    word = args[1]
    _change(turn, parse(word if word in notices.PLACES else f"quiet {word}"))
    turn.rewrite(_menu(turn))
    return "Kept"
