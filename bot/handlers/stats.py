"""Where a project stands."""

from telegram import Update

from bot.messages import stats as words
from bot.turn import Context, Turn, act
from pipeline.labelling import standings


async def stats(update: Update, context: Context) -> None:
    """`/stats`."""
    await act(update, context, _say)


def tap_stats(turn: Turn, args: list[str]) -> str:
    """📊."""
    _say(turn)
    return ""


def _say(turn: Turn) -> None:
    turn.say(words.stats(turn.project, standings.of(turn.project, session=turn.session)))
