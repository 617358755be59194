"""`/compare`: two models side by side."""

from telegram import Update

from bot import comparing
from bot.turn import Context, Turn, act
from pipeline.errors import UserError


async def compare(update: Update, context: Context) -> None:
    """`/compare 2 3`; alone, or with one number, it offers pairs."""
    said = [word.lower().strip(",").removeprefix("v") for word in context.args or []]
    said = [word for word in said if word not in ("with", "and", "to", "")]

    def work(turn: Turn) -> None:
        if any(not word.isdecimal() for word in said) or len(said) > 2:
            raise UserError("Two versions by their numbers, please: /compare 2 3.")
        numbers = [int(word[:9]) for word in said]
        if len(numbers) == 2:
            comparing.ask(turn, numbers[0], numbers[1])
        else:
            comparing.choose(turn, *numbers)

    await act(update, context, work)


def tap_compare(turn: Turn, args: list[str]) -> str:
    """⚖: the pairs, or one of them."""
    if not args:
        comparing.choose(turn)
        return ""
    comparing.ask(turn, int(args[0]), int(args[1]))
    return "⚖"
