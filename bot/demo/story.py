"""What happens in the demo: from an empty group to a detector in the browser."""

import asyncio
import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.demo.cast import Cast, find
from bot.demo.errors import DemoFailed
from bot.demo.eyes import Eyes
from bot.demo.parcel import Luggage
from bot.demo.pen import circle
from bot.demo.scene import WHAT
from bot.sandbox.client import Member, Message, SandboxClient

DRAWN = 2
"""Pictures that are circled by hand."""

TRAIN_SECONDS = 1800.0
LOOK_FIRST_SECONDS = 0.8


@dataclass(frozen=True)
class Plan:
    """How long to learn; small pictures and a small network, so that it ends while one watches."""

    epochs: int
    imgsz: int


@dataclass
class Outcome:
    """What the group has at the end."""

    package: Path
    page: str
    metadata: dict[str, Any] = field(default_factory=dict)


class Story:
    """Scripted members who play the whole way in a group."""

    def __init__(
        self,
        sandbox: SandboxClient,
        cast: Cast,
        eyes: Eyes,
        luggage: Luggage,
        *,
        plan: Plan,
        folder: Path,
    ) -> None:
        self._sandbox = sandbox
        self._cast = cast
        self._chat = cast.chat
        self._eyes = eyes
        self._luggage = luggage
        self._plan = plan
        self._folder = folder
        self._ann, self._ben, self._cleo = cast.members

    async def play(self) -> Outcome:
        """Play it through.

        Raises:
            DemoFailed: the bot did not do its part.
        """
        ready = await self._begin()
        receipt = await self._send_video(ready)
        await self._draw(receipt)
        await self._send_trusted(ready)
        await self._send_checked(ready)
        await self._check()
        return await self._train()

    async def _begin(self) -> Message:
        ann, cast = self._ann, self._cast
        hello = await cast.wait(lambda m: find(m, "new") is not None, "its hello", since=0)
        cast.tell("Ann, Ben and Cleo start a project.")
        await cast.send(ann.say(self._chat, "Shall we teach it to find our rubber ducks? 🦆"))
        await cast.tap(ann, hello, "new")
        question = await cast.wait(lambda m: m.force_reply, "its question", since=hello)
        said = await cast.send(ann.say(self._chat, WHAT, reply_to=question))
        return await cast.wait(lambda m: find(m, "add") is not None, "the project", since=said)

    async def _send_video(self, ready: Message) -> Message:
        cast = self._cast
        cast.tell("Ben sends a video; nobody has labelled anything yet.")
        video = self._luggage.video
        sent = await cast.send(
            self._ben.send_video(self._chat, video, caption="every=1s", reply_to=ready)
        )
        return await cast.wait(
            lambda m: m.kind == "photo" and find(m, "rm") is not None,
            "the receipt of the video",
            since=sent,
        )

    async def _draw(self, receipt: Message) -> None:
        """Circle the ducks on a few frames, as one does where no model can guess yet."""
        cast, ben = self._cast, self._ben
        if find(receipt, "label") is None:
            return
        cast.tell(f"Ben circles the ducks on {DRAWN} pictures with a finger.")
        await cast.tap(ben, receipt, "label", pause=2.5)
        since = receipt
        for number in range(DRAWN):
            request = await cast.maybe(_is_request, since=since)
            if request is None:
                # The visitor ended the round.
                return
            since = await self._draw_one(request, seed=number)
        last = await cast.maybe(_is_request, since=since)
        if last is not None:
            await cast.tap(ben, last, "d", _id_in(last, "d"), "stop")

    async def _draw_one(self, request: Message, *, seed: int) -> Message:
        """Answer a drawing request; the message after which the next one comes."""
        cast, drawing = self._cast, _id_in(request, "d")
        photo = await self._sandbox.download(request.file_id)
        drawn = circle(photo, await self._eyes.ducks(drawing), seed=seed)
        sent = await cast.send(self._ben.send_photo(self._chat, drawn, reply_to=request), pause=2.5)
        answer = await cast.wait(lambda m: m.id > sent.id, "what it saw in the drawing", since=sent)
        if find(answer, "d", drawing, "ok") and await self._eyes.read_right(drawing):
            await cast.tap(self._cleo, answer, "d", drawing, "ok", pause=2.0)
        else:
            await cast.tap(self._cleo, request, "d", drawing, "skip", pause=2.0)
        return answer

    async def _send_trusted(self, ready: Message) -> None:
        self._cast.tell("Ann sends a zip of labelled photos; they trust its labels.")
        await self._send_zip(self._ann, self._luggage.trusted, ready, self._ben, "yes")

    async def _send_checked(self, ready: Message) -> None:
        self._cast.tell("Cleo sends a second zip; they check its labels box by box.")
        await self._send_zip(self._cleo, self._luggage.checked, ready, self._ann, "no")

    async def _send_zip(
        self, sender: Member, path: Path, ready: Message, answerer: Member, trust: str
    ) -> None:
        cast = self._cast
        sent = await cast.send(sender.send_document(self._chat, path, reply_to=ready))
        asked = await cast.wait(
            lambda m: find(m, "trust") is not None, f"the question about {path.name}", since=sent
        )
        source = _id_in(asked, "trust")
        await cast.tap(answerer, asked, "trust", source, trust, pause=2.5)
        await cast.wait(lambda m: m.id > asked.id, "the answer about the labels", since=asked)

    async def _check(self) -> None:
        """Tap what is wrong, sheet by sheet, until nothing is left to ask."""
        cast = self._cast
        begun = await self._newest("label")
        await cast.tap(self._ann, begun, "label")
        since, turns = begun.version, 0
        while True:
            shown = await cast.wait(
                lambda m: find(m, "s") is not None or find(m, "train") is not None,
                "a sheet",
                since=since,
            )
            since = shown.version
            if find(shown, "s") is None:
                return
            sheet = _id_in(shown, "s")
            # A sheet just answered stands in the chat until the next one is drawn.
            if await self._eyes.is_open(sheet):
                await self._answer(cast.members[turns % len(cast.members)], shown, sheet)
                turns += 1

    async def _answer(self, member: Member, shown: Message, sheet: int) -> None:
        cast = self._cast
        faults = await self._eyes.faults(sheet)
        cast.tell(
            f"{member.name} looks at a sheet: "
            + (f"taps {', '.join(map(str, faults))}, " if faults else "")
            + "the rest is right."
        )
        await cast.pause(1.5)
        for place in faults:
            button = find(await self._chat.get(shown), "s", sheet, place)
            if button is not None and button.text.strip().isdecimal():
                await cast.tap(member, shown, "s", sheet, place, pause=0.8)
        answer = await cast.tap(member, shown, "s", sheet, "ok", pause=1.0)
        if answer is not None and answer.text.startswith("New sheet"):
            await asyncio.sleep(LOOK_FIRST_SECONDS)
            await cast.tap(member, shown, "s", sheet, "ok", pause=0)

    async def _newest(self, *data: object) -> Message:
        """The newest message of the bot with such a button."""
        for message in reversed(await self._chat.messages()):
            if message.from_bot and find(message, *data):
                return message
        raise DemoFailed(f"The bot offers no button for {data[0]}.")

    async def _train(self) -> Outcome:
        cast, plan = self._cast, self._plan
        offer = await self._newest("train")
        await cast.tap(self._ben, offer, "train", pause=2.5)
        await cast.wait(lambda m: find(m, "go") is not None, "the training card", since=offer)
        cast.tell(f"Cleo asks for a short training: {plan.epochs} epochs at {plan.imgsz} pixels.")
        words = f"/train epochs={plan.epochs} imgsz={plan.imgsz}"
        asked = await cast.send(self._cleo.say(self._chat, words), pause=3.0)
        watching = asyncio.create_task(self._watch(asked))
        try:
            zipped = await cast.wait(
                lambda m: m.file_name.endswith(".zip") or _is_bad_end(m),
                "the trained model",
                since=asked,
                seconds=TRAIN_SECONDS,
            )
        finally:
            watching.cancel()
        if not zipped.file_name:
            raise DemoFailed(f"The training came to nothing: {zipped.text}")
        result = await cast.wait(lambda m: _page(m) is not None, "the result", since=asked)
        cast.tell("The bot says: " + " ".join(result.text.split("\n")[:2]))
        outcome = await self._unpack(zipped, _page(result) or "")
        await self._try()
        return outcome

    async def _watch(self, since: Message) -> None:
        """Tell the terminal how the training goes."""
        told = ""
        version = since.version
        while True:
            message = await self._chat.wait(
                lambda m: m.from_bot and bool(_how_far(m.text)),
                timeout=TRAIN_SECONDS,
                since=version,
            )
            version = message.version
            if (news := _how_far(message.text)) != told:
                told = news
                self._cast.tell(f"Training: {news}")

    async def _unpack(self, zipped: Message, page: str) -> Outcome:
        """Keep the zip, and look whether the model's page is served."""
        path = self._folder / Path(zipped.file_name).name
        path.write_bytes(await self._sandbox.download(zipped.file_id))
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("metadata.json"))
            metadata = json.loads(archive.read(name))
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(page)
        if answer.status_code != httpx.codes.OK:
            raise DemoFailed(f"The model's page answers {answer.status_code}.")
        return Outcome(path, page, metadata)

    async def _try(self) -> None:
        cast = self._cast
        cast.tell("Ben tries the model on a photo it has not seen.")
        sent = await cast.send(
            self._ben.send_photo(self._chat, self._luggage.unseen, caption="/predict"), pause=2.5
        )
        await cast.wait(
            lambda m: m.kind == "photo" and m.reply_to == sent.id,
            "the photo with boxes",
            since=sent,
        )


def _id_in(message: Message, verb: str) -> int:
    button = find(message, verb)
    assert button is not None
    assert button.data is not None
    return int(button.data.split(":")[2])


def _is_request(message: Message) -> bool:
    button = find(message, "d")
    return button is not None and find(message, "d", _id_in(message, "d"), "skip") is not None


def _is_bad_end(message: Message) -> bool:
    return message.text.startswith("⚠️") or "✖ stopped" in message.text


def _page(message: Message) -> str | None:
    return next((one.url for one in message.buttons if one.url and "/m/" in one.url), None)


def _how_far(text: str) -> str:
    epoch = re.search(r"epoch (\d+/\d+)", text)
    if epoch is None:
        return ""
    score = re.search(r"mAP50 [\d.]+", text)
    return f"epoch {epoch[1]}" + (f", {score[0]}" if score else "")
