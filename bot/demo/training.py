"""The training: asked for, watched, its zip kept, its model tried."""

import asyncio
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.demo.cast import Cast, find
from bot.demo.errors import DemoFailed
from bot.demo.stage import Stage
from bot.sandbox.client import Message

TRAIN_SECONDS = 1800.0


@dataclass(frozen=True)
class Outcome:
    """What the group has at the end. `metadata`: the package's metadata.json."""

    package: Path
    page: str
    metadata: dict[str, Any]


async def train(stage: Stage) -> Outcome:
    """Ask for a training and wait for its zip and result.

    Raises:
        DemoFailed: it was stopped or broke, or the model's page is not served.
    """
    cast, plan = stage.cast, stage.plan
    offer = await stage.newest("train")
    await cast.tap(stage.ben, offer, "train", pause=2.5)
    await cast.wait(lambda m: find(m, "go") is not None, "the training card", since=offer)
    cast.tell(f"Cleo asks for a short training: {plan.epochs} epochs at {plan.imgsz} pixels.")
    words = f"/train epochs={plan.epochs} imgsz={plan.imgsz}"
    asked = await cast.send(stage.cleo.say, cast.chat, words)
    watching = asyncio.create_task(_watch(cast, asked))
    try:
        end = await cast.wait(
            lambda m: _is_package(m) or _is_bad_end(m),
            "the trained model",
            since=asked,
            seconds=TRAIN_SECONDS,
        )
    finally:
        watching.cancel()
    if not _is_package(end):
        raise DemoFailed(f"No model came of the training. The bot said: {end.text}")
    result = await cast.wait(lambda m: bool(_page(m)), "the result", since=asked)
    cast.tell("The bot says: " + " ".join(result.text.split("\n")[:2]))
    return await _unpack(stage, end, _page(result))


async def predict(stage: Stage) -> None:
    """Try the model on a photo.

    Raises:
        DemoFailed: no picture with boxes came back.
    """
    cast = stage.cast
    cast.tell("Ben tries the model on a photo it has not seen.")
    photo = stage.luggage.unseen
    sent = await cast.send(stage.ben.send_photo, cast.chat, photo, caption="/predict")
    await cast.wait(
        lambda m: m.kind == "photo" and m.reply_to == sent.id, "the photo with boxes", since=sent
    )


async def _watch(cast: Cast, asked: Message) -> None:
    """Tell the terminal how the training goes."""
    told, version = "", asked.version
    while True:
        message = await cast.chat.wait(
            lambda m: m.from_bot and bool(how_far(m.text)), timeout=TRAIN_SECONDS, since=version
        )
        version = message.version
        if (news := how_far(message.text)) != told:
            told = news
            cast.tell(f"Training: {news}")


async def _unpack(stage: Stage, zipped: Message, page: str) -> Outcome:
    """Keep the zip, and look whether the model's page is served."""
    data = await stage.sandbox.download(zipped.file_id)
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(page)
    if answer.status_code != httpx.codes.OK:
        raise DemoFailed(f"The model's page answers {answer.status_code}.")
    return await asyncio.to_thread(_keep, data, stage.folder / Path(zipped.file_name).name, page)


def _keep(data: bytes, path: Path, page: str) -> Outcome:
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("metadata.json"))
        return Outcome(path, page, json.loads(archive.read(name)))


def how_far(text: str) -> str:
    """`epoch 3/25, mAP50 0.412` out of a training's message; empty for any other."""
    epoch = re.search(r"epoch (\d+/\d+)", text)
    if epoch is None:
        return ""
    score = re.search(r"mAP50 [\d.]+", text)
    return f"epoch {epoch[1]}" + (f", {score[0]}" if score else "")


def _is_package(message: Message) -> bool:
    return message.file_name.endswith(".zip")


def _is_bad_end(message: Message) -> bool:
    return "⚠️" in message.text or "✖ stopped" in message.text


def _page(message: Message) -> str:
    return next((one.url for one in message.buttons if one.url and "/m/" in one.url), "")
