"""Circling ducks by finger, as one does where no model can guess yet."""

from bot.demo.cast import find
from bot.demo.pen import circle
from bot.demo.stage import Stage, id_in
from bot.sandbox.client import Message

DRAWN = 2
"""Pictures that are circled by hand."""


async def draw(stage: Stage, receipt: Message) -> None:
    """Answer DRAWN drawing requests about the source of `receipt`, then end the round.

    Raises:
        DemoFailed: the bot did not answer a drawing.
    """
    cast = stage.cast
    if find(receipt, "label") is None:
        return
    cast.tell(f"Ben circles the ducks on {DRAWN} pictures with a finger.")
    await cast.tap(stage.ben, receipt, "label", pause=2.5)
    since = receipt
    for number in range(DRAWN):
        request = await cast.maybe(_is_request, since=since)
        if request is None:
            # The visitor ended the round.
            return
        since = await _answer(stage, request, seed=number)
    last = await cast.maybe(_is_request, since=since)
    if last is not None:
        await cast.tap(stage.ben, last, "d", id_in(last, "d"), "stop")


async def _answer(stage: Stage, request: Message, *, seed: int) -> Message:
    """Draw, and confirm what was understood; the message after which the next request comes."""
    cast, drawing = stage.cast, id_in(request, "d")
    ducks = await stage.eyes.ducks(drawing)
    if ducks is None:
        # A picture of the visitor's is left to the visitor.
        await cast.tap(stage.ben, request, "d", drawing, "skip")
        return request
    drawn = circle(await stage.sandbox.download(request.file_id), ducks, seed=seed)
    sent = await cast.send(stage.ben.send_photo, cast.chat, drawn, reply_to=request)
    answer = await cast.wait(lambda m: m.id > sent.id, "what it saw in the drawing", since=sent)
    if find(answer, "d", drawing, "ok") and await stage.eyes.read_right(drawing):
        await cast.tap(stage.cleo, answer, "d", drawing, "ok", pause=2.0)
    else:
        await cast.tap(stage.cleo, request, "d", drawing, "skip", pause=2.0)
    return answer


def _is_request(message: Message) -> bool:
    return find(message, "d") is not None and bool(find(message, "d", id_in(message, "d"), "skip"))
