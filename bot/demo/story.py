"""What happens in the demo: from an empty group to a detector in the browser."""

from pathlib import Path

from bot.demo import drawing, sheets, training
from bot.demo.cast import Cast, find
from bot.demo.scene import WHAT
from bot.demo.stage import Stage, id_in
from bot.demo.training import Outcome
from bot.sandbox.client import Member, Message

WELCOME = (
    f"Shall we teach it to find our rubber {WHAT}s? 🦆\n"
    "Whoever is new here: watch us, or write and tap yourself, then we wait."
)
FAREWELL = (
    "That's our detector! Tap 🌐 Try it, or send a photo with the caption /predict. "
    "It is all yours now."
)


async def begin(cast: Cast) -> Message:
    """Start a project; the message that things are sent in reply to.

    Raises:
        DemoFailed: the bot did not do its part.
    """
    ann = cast.members[0]
    hello = await cast.wait(lambda m: find(m, "new") is not None, "its hello", since=0)
    cast.tell("Ann, Ben and Cleo start a project.")
    await cast.send(ann.say, cast.chat, WELCOME)
    # The answer to the hello names what to find. Its button would ask everybody in the group, and
    # lay the question over the visitor's own writing line.
    said = await cast.send(ann.say, cast.chat, WHAT, reply_to=hello)
    return await cast.wait(lambda m: find(m, "add") is not None, "the project", since=said)


async def play(stage: Stage, ready: Message) -> Outcome:
    """Collect, label, train, try.

    Raises:
        DemoFailed: the bot did not do its part.
    """
    cast = stage.cast
    receipt = await _send_video(stage, ready)
    await drawing.draw(stage, receipt)
    cast.tell("Ann sends a zip of labelled photos; they trust its labels.")
    await _send_zip(stage, stage.ann, stage.luggage.trusted, ready, trust="yes")
    cast.tell("Cleo sends a second zip; they check its labels box by box.")
    await _send_zip(stage, stage.cleo, stage.luggage.checked, ready, trust="no")
    await sheets.check(stage)
    outcome = await training.train(stage)
    await training.predict(stage)
    await cast.send(stage.ann.say, cast.chat, FAREWELL)
    return outcome


async def _send_video(stage: Stage, ready: Message) -> Message:
    cast = stage.cast
    cast.tell("Ben sends a video; nobody has labelled anything yet.")
    sent = await cast.send(
        stage.ben.send_video, cast.chat, stage.luggage.video, caption="every=1s", reply_to=ready
    )
    return await cast.wait(
        lambda m: m.kind == "photo" and find(m, "rm") is not None,
        "the receipt of the video",
        since=sent,
    )


async def _send_zip(
    stage: Stage, sender: Member, path: Path, ready: Message, *, trust: str
) -> None:
    cast = stage.cast
    sent = await cast.send(sender.send_document, cast.chat, path, reply_to=ready)
    asked = await cast.wait(
        lambda m: find(m, "trust") is not None, f"the question about {path.name}", since=sent
    )
    await cast.tap(stage.ben, asked, "trust", id_in(asked, "trust"), trust, pause=2.5)
    # The visitor may have answered otherwise: what counts is that it is answered.
    await cast.wait(lambda m: m.id > asked.id, "the answer about the labels", since=asked)
